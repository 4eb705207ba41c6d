//! Commands about servers, traffic and how servers are chosen.

use std::sync::Arc;

use super::BalancerModel;
use crate::algorithms::balance::Algorithm;
use crate::algorithms::queueing::{ArrivalProcess, Service};
use crate::engine::{Event, Micros, ModelError};
use crate::labs::balancer::command::{BalancerCommand, MAX_WAITING};
use crate::labs::balancer::narrate;
use crate::labs::balancer::words;
use crate::sim::Duration;
use crate::systems::balancing::{Clients, Cluster, Context, MAX_RATE, Mark, ServerConfig, System};

impl BalancerModel {
    /// Applies a command that changes something, and says what it did.
    pub(super) fn change(
        &mut self,
        now: Micros,
        command: &BalancerCommand,
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        match command {
            BalancerCommand::Algorithm { algorithm } => self.set_algorithm(*algorithm)?,
            BalancerCommand::Compare { algorithms } => self.compare(algorithms)?,
            BalancerCommand::Rate { rate } => self.set_rate(*rate),
            BalancerCommand::Burst { factor, seconds } => self.burst(*factor, *seconds)?,
            BalancerCommand::Service { shape, ms } => self.set_service(*shape, *ms),
            BalancerCommand::Arrivals { process } => self.set_arrivals(*process)?,
            BalancerCommand::Clients { count, skew } => self.set_clients(*count, *skew)?,
            BalancerCommand::Servers { count } => self.set_servers(*count)?,
            BalancerCommand::Weight { server, weight } => self.set_weight(server, *weight)?,
            BalancerCommand::Slow { server, factor } => self.set_slowness(server, *factor)?,
            BalancerCommand::Pool { name, servers } => self.set_pool(name, servers)?,
            BalancerCommand::Fail { server } => self.fail(server)?,
            BalancerCommand::Recover { server } => self.recover(server)?,
            BalancerCommand::Drain { server } => self.drain(now, server, log)?,
            other => self.change_net(other)?,
        }
        narrate::change(self, now, command, log);
        Ok(())
    }

    /// One queue knows no slow start: its servers take requests whenever they are free.
    ///
    /// # Errors
    /// When one of these algorithms has no slow start and one is asked for.
    pub(super) fn slow_start_fits(&self, algorithms: &[Algorithm], window: Duration) -> Result<(), ModelError> {
        if window == Duration::ZERO || !algorithms.contains(&Algorithm::OneQueue) {
            return Ok(());
        }
        let problem = "slow start cannot act with one queue: each server takes a request whenever it is free, so nobody sends it less";
        let remedy = if self.settings.slow_start > Duration::ZERO {
            "turn it off with `slow-start 0` first"
        } else {
            "choose an algorithm that sends requests to servers, e.g. `algorithm round-robin`, first"
        };
        Err(ModelError::new(problem, remedy))
    }

    fn set_algorithm(&mut self, algorithm: Algorithm) -> Result<(), ModelError> {
        self.slow_start_fits(&[algorithm], self.settings.slow_start)?;
        self.systems.truncate(1);
        let (settings, now) = (Arc::clone(&self.settings), self.now);
        for region in 0..self.main().regions.len() {
            let system = &mut self.systems[0];
            let done = system.with(region, &settings, &self.traffic, |cluster, context| {
                cluster.set_algorithm(algorithm, now, context)
            });
            done.unwrap_or(Ok(())).map_err(|e| words::refusal(&e))?;
        }
        Ok(())
    }

    fn set_rate(&mut self, rate: f64) {
        self.traffic.rate = rate;
        self.traffic.changed(self.now);
    }

    fn burst(&mut self, factor: f64, seconds: f64) -> Result<(), ModelError> {
        if self.traffic.rate * factor > MAX_RATE {
            return Err(ModelError::new(
                format!("{factor} times {} requests a second are too many", self.traffic.rate),
                format!("choose a smaller factor or rate: at most {MAX_RATE} requests a second are simulated"),
            ));
        }
        self.traffic.burst = Some((factor, self.now + Duration::from_micros((seconds * 1e6) as u64)));
        self.traffic.changed(self.now);
        Ok(())
    }

    fn set_service(&mut self, shape: Service, ms: Option<f64>) {
        let ms = ms.unwrap_or(self.traffic.service_ms);
        (self.traffic.service, self.traffic.service_ms) = (shape, ms);
        self.traffic.changed(self.now);
    }

    fn set_arrivals(&mut self, process: ArrivalProcess) -> Result<(), ModelError> {
        if process == ArrivalProcess::Trace && self.traffic.trace.is_none() {
            return Err(ModelError::new("there is no trace", "open the lab with `--trace FILE`, an access log"));
        }
        self.traffic.set_process(process, self.now);
        Ok(())
    }

    fn set_clients(&mut self, count: u64, skew: f64) -> Result<(), ModelError> {
        if self.traffic.trace.is_some() {
            return Err(ModelError::new("the clients are those of the trace", "open the lab without --trace"));
        }
        self.traffic.clients = Arc::new(Clients::new(count as usize, skew, self.seed));
        self.traffic.changed(self.now);
        // Requests under way keep their numbers; DNS and connections begin anew.
        self.systems.iter_mut().for_each(System::forget_dns);
        Ok(())
    }

    fn set_servers(&mut self, count: u64) -> Result<(), ModelError> {
        if count as usize * self.settings.queue_limit > MAX_WAITING {
            return Err(ModelError::new(
                format!("{count} queues of {} places are too long together", self.settings.queue_limit),
                format!("{MAX_WAITING} may wait in all: first lower `queue-limit`"),
            ));
        }
        self.reconfigure(|_, configs| configs.resize(count as usize, ServerConfig::default()))
    }

    fn set_weight(&mut self, name: &str, weight: u64) -> Result<(), ModelError> {
        let place = self.server(name)?;
        self.touch(place);
        self.reconfigure_one(place, |config| config.weight = weight as u32)
    }

    fn set_slowness(&mut self, name: &str, factor: f64) -> Result<(), ModelError> {
        let place = self.server(name)?;
        self.touch(place);
        self.reconfigure_one(place, |config| config.slowness = factor)
    }

    fn set_pool(&mut self, name: &str, servers: &[String]) -> Result<(), ModelError> {
        if name.trim().is_empty() || name.len() > 64 || name.contains('/') {
            return Err(ModelError::new(
                format!("'{name}' is no name for a pool"),
                "use 1 to 64 bytes without a slash, e.g. `pool app c d`",
            ));
        }
        // Rules hold in every region, and so do pools: a name without a region means that server in each.
        for server in servers {
            let place = self.server(server)?;
            self.touch(place);
            let everywhere = !server.contains('/');
            self.reconfigure(|region, configs| {
                if everywhere || region == place.0 {
                    name.clone_into(&mut configs[place.1].pool);
                }
            })?;
        }
        Ok(())
    }

    /// Changes one server of every algorithm.
    fn reconfigure_one(
        &mut self,
        (place, index): (usize, usize),
        edit: impl Fn(&mut ServerConfig),
    ) -> Result<(), ModelError> {
        self.reconfigure(|region, configs| {
            if region == place {
                edit(&mut configs[index]);
            }
        })
    }

    /// Changes the servers of every algorithm, region by region.
    fn reconfigure(&mut self, edit: impl Fn(usize, &mut Vec<ServerConfig>)) -> Result<(), ModelError> {
        let (settings, now) = (Arc::clone(&self.settings), self.now);
        for system in &mut self.systems {
            for region in 0..system.regions.len() {
                let servers = &system.regions[region].cluster.servers;
                let mut configs: Vec<ServerConfig> = servers.iter().map(|s| s.config.clone()).collect();
                edit(region, &mut configs);
                let done = system.with(region, &settings, &self.traffic, |cluster, context| {
                    cluster.set_servers(&configs, now, context)
                });
                done.unwrap_or(Ok(())).map_err(|e| words::refusal(&e))?;
            }
        }
        self.configs = Arc::new(self.main().home().servers.iter().map(|s| s.config.clone()).collect());
        Ok(())
    }

    /// Does the same to the cluster in a region of every algorithm.
    pub(super) fn in_region(&mut self, region: usize, mut work: impl FnMut(&mut Cluster, &mut Context<'_>)) {
        let settings = Arc::clone(&self.settings);
        for system in &mut self.systems {
            system.with(region, &settings, &self.traffic, &mut work);
        }
    }

    fn fail(&mut self, name: &str) -> Result<(), ModelError> {
        let place = self.server(name)?;
        if !self.server_state(place).alive {
            return Err(ModelError::new(format!("{name} is down already"), "`recover` it first"));
        }
        let now = self.now;
        self.touch(place);
        self.in_region(place.0, |cluster, context| {
            let mark = Mark::of(context.stats, now);
            cluster.servers[place.1].failure = Some(Arc::new(mark));
            cluster.fail_server(place.1, now, context);
        });
        Ok(())
    }

    fn recover(&mut self, name: &str) -> Result<(), ModelError> {
        let place = self.server(name)?;
        let server = self.server_state(place);
        if server.alive && !server.draining {
            let remedy = "only a server that failed or drains can recover";
            return Err(ModelError::new(format!("{name} is neither down nor draining"), remedy));
        }
        let now = self.now;
        self.touch(place);
        self.in_region(place.0, |cluster, context| cluster.recover_server(place.1, now, context));
        Ok(())
    }

    fn drain(&mut self, lab: Micros, name: &str, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let place = self.server(name)?;
        let server = self.server_state(place);
        if server.draining {
            return Err(ModelError::new(format!("{name} drains already"), "`recover` ends it"));
        }
        if !server.alive {
            return Err(ModelError::new(format!("{name} is down"), "there is nothing to drain: `recover` it first"));
        }
        let now = self.now;
        self.touch(place);
        narrate::drain(self, place, lab, log);
        self.in_region(place.0, |cluster, context| cluster.drain_server(place.1, now, context.settings));
        Ok(())
    }
}
