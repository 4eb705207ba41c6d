//! Commands about layers, rules, sessions, checks, balancers and regions.

use std::sync::Arc;

use super::BalancerModel;
use crate::algorithms::balance::RouteError;
use crate::engine::{Event, Micros, ModelError};
use crate::labs::balancer::command::{Action, BalancerCommand, Device, MAX_WAITING, Switch};
use crate::labs::balancer::names::REGIONS;
use crate::labs::balancer::narrate;
use crate::labs::balancer::words;
use crate::sim::Duration;
use crate::systems::balancing::{Failure, Settings, System};

impl BalancerModel {
    /// Applies a command that is about the balancer itself and the world around it.
    pub(super) fn change_net(&mut self, command: &BalancerCommand) -> Result<(), ModelError> {
        match command {
            BalancerCommand::Regions { count } => self.set_regions(*count),
            BalancerCommand::Region { action, region } => self.region(*action, region),
            BalancerCommand::Balancers { count } => {
                self.set_balancers(*count);
                Ok(())
            }
            BalancerCommand::Balancer { action, number } => self.balancer(*action, *number),
            other => {
                let mut settings = (*self.settings).clone();
                self.set(&mut settings, other)?;
                self.put_in_force(settings);
                Ok(())
            }
        }
    }

    /// Changes one setting.
    fn set(&self, settings: &mut Settings, command: &BalancerCommand) -> Result<(), ModelError> {
        match command {
            BalancerCommand::Layer { layer } => settings.layer = *layer,
            BalancerCommand::Route { prefix, pool } => {
                settings.routes.set(prefix, pool).map_err(|e| refused(prefix, &e))?;
            }
            BalancerCommand::Header { device, pool } => self.header(settings, *device, pool)?,
            BalancerCommand::Unroute { prefix } => unroute(settings, prefix.as_deref())?,
            BalancerCommand::Sticky { switch } => settings.sticky = *switch == Switch::On,
            BalancerCommand::Outliers { switch } => settings.outliers = *switch == Switch::On,
            BalancerCommand::SessionLife { seconds } => {
                settings.session = Duration::from_secs_f64(*seconds);
            }
            BalancerCommand::Keepalive { requests } => {
                settings.keepalive = *requests as u32;
            }
            BalancerCommand::Retries { count } => {
                settings.retries = *count as u32;
            }
            BalancerCommand::Checks { fall, rise } => {
                (settings.fall, settings.rise) = (*fall as u32, *rise as u32);
            }
            BalancerCommand::QueueLimit { length } => {
                let (most, servers) = ((MAX_WAITING / self.configs.len().max(1)) as u64, self.configs.len());
                if *length > most {
                    let problem = format!("{servers} queues of {length} places are too long together");
                    return Err(ModelError::new(problem, format!("use at most {most}, or fewer `servers`")));
                }
                settings.queue_limit = *length as usize;
            }
            BalancerCommand::Patience { ms } => {
                settings.patience = Duration::from_millis(*ms);
            }
            BalancerCommand::SlowStart { seconds } => {
                let algorithms: Vec<_> = self.systems.iter().map(System::algorithm).collect();
                self.slow_start_fits(&algorithms, Duration::from_secs_f64(*seconds))?;
                settings.slow_start = Duration::from_secs_f64(*seconds);
            }
            BalancerCommand::Ttl { seconds } => settings.ttl = Duration::from_secs_f64(*seconds),
            BalancerCommand::Dns { policy } => settings.dns = *policy,
            // Every other command is applied elsewhere.
            _ => {}
        }
        Ok(())
    }

    fn header(&self, settings: &mut Settings, device: Device, pool: &str) -> Result<(), ModelError> {
        if pool.is_empty() || pool.len() > 64 || pool.contains('/') {
            let problem = format!("'{pool}' is no name of a pool");
            return Err(ModelError::new(problem, "use 1 to 64 bytes without a slash, e.g. `header mobile app`"));
        }
        settings.headers.insert(device.name(), pool.to_owned());
        Ok(())
    }

    fn put_in_force(&mut self, settings: Settings) {
        let (old, now) = (Arc::clone(&self.settings), self.now);
        self.settings = Arc::new(settings);
        let new = Arc::clone(&self.settings);
        for system in &mut self.systems {
            for region in 0..system.regions.len() {
                system.with(region, &new, &self.traffic, |cluster, context| {
                    cluster.settings_changed(&old, &new, now, context);
                });
            }
        }
    }

    fn set_regions(&mut self, count: u64) -> Result<(), ModelError> {
        let count = count as usize;
        let (settings, now) = (Arc::clone(&self.settings), self.now);
        for system in &mut self.systems {
            for region in count..system.regions.len() {
                system.with(region, &settings, &self.traffic, |cluster, context| {
                    cluster.lose_all(Failure::RegionDown, now, context);
                });
            }
            system
                .set_regions(system.algorithm(), count, &self.configs, &settings, now)
                .map_err(|e| words::refusal(&e))?;
        }
        if self.shown >= count {
            self.shown = 0;
        }
        Ok(())
    }

    /// Index of a region by its name.
    fn region_index(&self, name: &str) -> Result<usize, ModelError> {
        let count = self.main().regions.len();
        REGIONS[..count].iter().position(|r| *r == name).ok_or_else(|| {
            let problem = format!("there is no region '{name}'");
            let remedy = format!("name one of: {} (`regions N` changes their number)", REGIONS[..count].join(", "));
            ModelError::new(problem, remedy)
        })
    }

    /// Another region in the first picture. Time does not pass, and counting goes on.
    pub(super) fn show_region(&mut self, lab: Micros, name: &str, log: &mut Vec<Event>) -> Result<(), ModelError> {
        (self.shown, self.touched) = (self.region_index(name)?, None);
        narrate::shown(name, lab, log);
        Ok(())
    }

    fn region(&mut self, action: Action, name: &str) -> Result<(), ModelError> {
        let index = self.region_index(name)?;
        let up = action == Action::Recover;
        if self.main().regions[index].alive == up {
            let state = if up { "up" } else { "down" };
            return Err(ModelError::new(format!("{name} is {state} already"), "it can only do the opposite"));
        }
        let (settings, now) = (Arc::clone(&self.settings), self.now);
        for system in &mut self.systems {
            system.regions[index].alive = up;
            if !up {
                system.with(index, &settings, &self.traffic, |cluster, context| {
                    cluster.lose_all(Failure::RegionDown, now, context);
                });
            }
        }
        Ok(())
    }

    fn set_balancers(&mut self, count: u64) {
        let count = count as usize;
        let (mut settings, now) = ((*self.settings).clone(), self.now);
        settings.balancers = count;
        self.settings = Arc::new(settings);
        for system in &mut self.systems {
            system.regions.iter_mut().for_each(|r| r.cluster.set_balancers(count, now));
        }
    }

    fn balancer(&mut self, action: Action, number: u64) -> Result<(), ModelError> {
        let vip = &self.main().home().vip;
        let index = (number as usize).wrapping_sub(1);
        if index >= vip.len() {
            let remedy = match vip.len() {
                1 => "there is one: name 1, or have two with `balancers 2`".to_owned(),
                n => format!("name 1 to {n}"),
            };
            return Err(ModelError::new(format!("there is no balancer {number}"), remedy));
        }
        let up = action == Action::Recover;
        if vip.up(index) == up {
            let state = if up { "up" } else { "down" };
            return Err(ModelError::new(
                format!("balancer {number} is {state} already"),
                "it can only do the opposite",
            ));
        }
        let now = self.now;
        self.in_region(0, |cluster, context| cluster.set_balancer(index, up, now, context));
        Ok(())
    }
}

fn refused(prefix: &str, error: &RouteError) -> ModelError {
    let text = error.to_string();
    let (problem, remedy) = text.split_once(": ").unwrap_or((&text, "see `help route`"));
    ModelError::new(format!("the rule for '{prefix}' is refused, as {problem}"), remedy)
}

fn unroute(settings: &mut Settings, prefix: Option<&str>) -> Result<(), ModelError> {
    let Some(prefix) = prefix else {
        settings.routes = crate::algorithms::balance::Routes::default();
        settings.headers.clear();
        return Ok(());
    };
    if settings.headers.remove(prefix).is_some() || settings.routes.remove(prefix) {
        return Ok(());
    }
    let rules: Vec<&str> = settings.routes.iter().map(|(p, _)| p).chain(settings.headers.keys().copied()).collect();
    let remedy = match rules.as_slice() {
        [] => "there are no rules".to_owned(),
        rules => format!("the rules are for {}; one that another points to stays", rules.join(", ")),
    };
    Err(ModelError::new(format!("there is no rule for '{prefix}' to take away"), remedy))
}
