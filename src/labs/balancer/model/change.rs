//! Commands about servers, traffic and how servers are chosen.

use std::sync::Arc;

use super::{BalancerModel, MAX_SERVERS, MAX_WAITING};
use crate::algorithms::balance::MAX_WEIGHT;
use crate::algorithms::queueing::Service as Shape;
use crate::engine::{Event, Micros, ModelError};
use crate::labs::balancer::cluster::{Cluster, Context};
use crate::labs::balancer::command::{Algorithm, BalancerCommand, Process, Service};
use crate::labs::balancer::narrate;
use crate::labs::balancer::settings::ServerConfig;
use crate::labs::balancer::stats::Mark;
use crate::labs::balancer::traffic::{Clients, MAX_CLIENTS, MAX_RATE};

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
            BalancerCommand::Rate { rate } => self.set_rate(*rate)?,
            BalancerCommand::Burst { factor, seconds } => self.burst(*factor, *seconds)?,
            BalancerCommand::Service { shape, ms } => self.set_service(*shape, *ms)?,
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

    fn set_algorithm(&mut self, algorithm: Algorithm) -> Result<(), ModelError> {
        self.systems.truncate(1);
        let (settings, now) = (Arc::clone(&self.settings), self.now_us);
        for region in 0..self.main().regions.len() {
            let system = &mut self.systems[0];
            let done = system.with(region, &settings, &self.traffic, |cluster, context| {
                cluster.set_algorithm(algorithm, now, context)
            });
            done.unwrap_or(Ok(()))?;
        }
        Ok(())
    }

    fn set_rate(&mut self, rate: f64) -> Result<(), ModelError> {
        if !(0.0..=MAX_RATE).contains(&rate) {
            return Err(ModelError::new(
                format!("a rate of {rate} requests a second cannot be"),
                format!("choose 0 (no traffic) to {MAX_RATE}"),
            ));
        }
        self.traffic.rate = rate;
        self.traffic.changed(self.now_us);
        Ok(())
    }

    fn burst(&mut self, factor: f64, seconds: f64) -> Result<(), ModelError> {
        if !(1.0..=100.0).contains(&factor) || !(0.1..=60.0).contains(&seconds) {
            return Err(ModelError::new(
                format!("a burst of {factor} times the rate for {seconds} s cannot be"),
                "choose a factor from 1 to 100 and 0.1 to 60 seconds, e.g. `burst 4 2`",
            ));
        }
        if self.traffic.rate * factor > MAX_RATE {
            return Err(ModelError::new(
                format!("{factor} times {} requests a second are too many", self.traffic.rate),
                format!("{MAX_RATE} a second are the most: choose a smaller factor or rate"),
            ));
        }
        self.traffic.burst = Some((factor, self.now_us + (seconds * 1e6) as Micros));
        self.traffic.changed(self.now_us);
        Ok(())
    }

    fn set_service(&mut self, shape: Service, ms: Option<f64>) -> Result<(), ModelError> {
        let ms = ms.unwrap_or(self.traffic.service_ms);
        if !(0.01..=60_000.0).contains(&ms) || Shape::check_mean(ms / 1_000.0).is_err() {
            return Err(ModelError::new(
                format!("a mean service time of {ms} ms cannot be"),
                "choose 0.01 to 60000 milliseconds, e.g. `service exponential 50`",
            ));
        }
        (self.traffic.service, self.traffic.service_ms) = (shape, ms);
        self.traffic.changed(self.now_us);
        Ok(())
    }

    fn set_arrivals(&mut self, process: Process) -> Result<(), ModelError> {
        if process == Process::Trace && self.traffic.trace.is_none() {
            return Err(ModelError::new("there is no trace", "open the lab with `--trace FILE`, an access log"));
        }
        self.traffic.set_process(process, self.now_us);
        Ok(())
    }

    fn set_clients(&mut self, count: u64, skew: f64) -> Result<(), ModelError> {
        if self.traffic.trace.is_some() {
            return Err(ModelError::new("the clients are those of the trace", "open the lab without --trace"));
        }
        if count == 0 || count > MAX_CLIENTS as u64 || !(0.0..=4.0).contains(&skew) {
            return Err(ModelError::new(
                format!("{count} clients with skew {skew} cannot be"),
                format!("choose 1 to {MAX_CLIENTS} clients, and a skew from 0 (all alike) to 4"),
            ));
        }
        self.traffic.clients = Arc::new(Clients::new(count as usize, skew, self.seed));
        self.traffic.changed(self.now_us);
        // Requests under way keep their numbers; DNS and connections begin anew.
        self.systems.iter_mut().for_each(super::System::forget_dns);
        Ok(())
    }

    fn set_servers(&mut self, count: u64) -> Result<(), ModelError> {
        if count == 0 || count > MAX_SERVERS as u64 {
            return Err(ModelError::new(
                format!("{count} servers cannot be"),
                format!("choose 1 to {MAX_SERVERS}; to see none at all, `fail` them"),
            ));
        }
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
        if weight > u64::from(MAX_WEIGHT) {
            return Err(ModelError::new(
                format!("weight {weight} makes no sense"),
                format!("choose 1 (normal) to {MAX_WEIGHT}, or 0 to take the server out"),
            ));
        }
        self.touch(place);
        self.reconfigure_one(place, |config| config.weight = weight as u32)
    }

    fn set_slowness(&mut self, name: &str, factor: f64) -> Result<(), ModelError> {
        let place = self.server(name)?;
        if !(0.1..=1_000.0).contains(&factor) {
            return Err(ModelError::new(
                format!("a server cannot be {factor:?} times as slow"),
                "choose 0.1 (ten times as fast) to 1000; 1 is normal",
            ));
        }
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
        let (settings, now) = (Arc::clone(&self.settings), self.now_us);
        for system in &mut self.systems {
            for region in 0..system.regions.len() {
                let servers = &system.regions[region].cluster.servers;
                let mut configs: Vec<ServerConfig> = servers.iter().map(|s| s.config.clone()).collect();
                edit(region, &mut configs);
                let done = system.with(region, &settings, &self.traffic, |cluster, context| {
                    cluster.set_servers(&configs, now, context)
                });
                done.unwrap_or(Ok(()))?;
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
        let now = self.now_us;
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
        let now = self.now_us;
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
        let now = self.now_us;
        self.touch(place);
        narrate::drain(self, place, lab, log);
        self.in_region(place.0, |cluster, context| cluster.drain_server(place.1, now, context.settings));
        Ok(())
    }
}
