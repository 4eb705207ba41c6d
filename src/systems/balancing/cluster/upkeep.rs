//! What a cluster does besides requests: health checks, ejections, takeovers, failures, changes of its servers.

use super::{Cluster, Context, Due, HealthChange, Incident, RAMP, digits, next_check, outliers};
use crate::algorithms::balance::{Algorithm, Health, Layer, Sessions, Vrrp};
use crate::sim::{Duration, Time};
use crate::systems::balancing::error::BalancingError;
use crate::systems::balancing::server::{Job, Server};
use crate::systems::balancing::settings::{MAX_CLIENTS, ServerConfig, Settings};
use crate::systems::balancing::stats::Failure;

impl Cluster {
    /// Health checks of all servers.
    pub(super) fn check(&mut self, now: Time, context: &mut Context<'_>) {
        self.sessions.end(now.as_micros());
        for index in 0..self.servers.len() {
            self.look_at_draining(index, now, context);
            let server = &mut self.servers[index];
            let Some(change) = server.health.check(server.alive) else { continue };
            let incident = match change {
                HealthChange::Down => {
                    self.sessions_lost += self.sessions.forget_server(index as u32) as u64;
                    Incident::Down(index)
                }
                HealthChange::Up => {
                    self.came_back(index, now, context.settings);
                    Incident::Up(index)
                }
            };
            context.incidents.push((now, context.region, incident));
            self.refresh(index, now, context.settings);
            if change == HealthChange::Up {
                self.feed(index, now, context);
            }
        }
        self.events.push(next_check(now), Due::Checks);
    }

    /// Whether a server that drains has come to its end.
    fn look_at_draining(&mut self, index: usize, now: Time, context: &mut Context<'_>) {
        let server = &self.servers[index];
        if !server.draining || server.drained || server.active() > 0 {
            return;
        }
        if self.sessions.of_server(index as u32) == 0 && self.connections_to(index) == 0 {
            self.servers[index].drained = true;
            context.incidents.push((now, context.region, Incident::Drained(index)));
        }
    }

    /// A server starts slowly from now on, if that is wanted.
    fn came_back(&mut self, index: usize, now: Time, settings: &Settings) {
        self.servers[index].back = (settings.slow_start > Duration::ZERO).then_some(now);
        self.plan_ramp(now);
    }

    /// Slow starts go on soon, if there are any.
    fn plan_ramp(&mut self, now: Time) {
        let going_on = self.servers.iter().any(|server| server.back.is_some());
        if going_on && !self.events.iter().any(|(_, due)| matches!(due, Due::Ramp)) {
            self.events.push(now + RAMP, Due::Ramp);
        }
    }

    /// A server that takes requests again gets one that waits at the balancer.
    fn feed(&mut self, index: usize, now: Time, context: &mut Context<'_>) {
        if self.servers[index].running.is_none() && self.servers[index].alive {
            self.next_job(index, now, context);
        }
    }

    /// Slow starts go on.
    pub(super) fn ramp(&mut self, now: Time, settings: &Settings) {
        for index in 0..self.servers.len() {
            let Some(back) = self.servers[index].back else { continue };
            if now - back >= settings.slow_start {
                self.servers[index].back = None;
            }
            self.refresh(index, now, settings);
        }
        self.plan_ramp(now);
    }

    /// Ejections that are over.
    pub(super) fn take_back(&mut self, now: Time, context: &mut Context<'_>) {
        while let Some(index) = self.outliers.returning(now.as_micros()) {
            context.incidents.push((now, context.region, Incident::Returned(index)));
            self.came_back(index, now, context.settings);
            self.refresh(index, now, context.settings);
            self.feed(index, now, context);
        }
    }

    /// A balancer takes the address.
    pub(super) fn take_over(&mut self, now: Time, context: &mut Context<'_>) {
        if let Some(balancer) = self.vip.advance(now.as_micros()) {
            context.incidents.push((now, context.region, Incident::Takeover(balancer)));
        }
    }

    /// A server fails: what it holds is lost.
    pub fn fail_server(&mut self, index: usize, now: Time, context: &mut Context<'_>) {
        self.servers[index].alive = false;
        self.idle.remove(&(index as u32));
        self.connections.retain(|_, c| c.server as usize != index);
        for job in self.take_jobs(index, now) {
            self.refused(job, index, Failure::ServerDown, now, context);
        }
    }

    /// All that a server holds, taken away from it.
    fn take_jobs(&mut self, index: usize, now: Time) -> Vec<Job> {
        let server = &mut self.servers[index];
        let mut jobs: Vec<Job> = Vec::new();
        if let Some(running) = server.running.take() {
            server.worked(&running, now);
            self.events.cancel(running.event);
            jobs.push(running.job);
        }
        jobs.extend(self.servers[index].queue.drain(..));
        jobs
    }

    /// A server answers again; the balancer learns of it by its checks. A draining one takes requests again.
    pub fn recover_server(&mut self, index: usize, now: Time, context: &mut Context<'_>) {
        let server = &mut self.servers[index];
        if server.draining {
            (server.draining, server.drained) = (false, false);
            if server.health.up() {
                self.came_back(index, now, context.settings);
            }
        }
        self.servers[index].alive = true;
        self.servers[index].failure = None;
        self.refresh(index, now, context.settings);
        if self.servers[index].running.is_none() {
            self.next_job(index, now, context);
        }
    }

    /// A server gets nothing new; clients that stick to it stay until their sessions end.
    pub fn drain_server(&mut self, index: usize, now: Time, settings: &Settings) {
        self.servers[index].draining = true;
        self.refresh(index, now, settings);
    }

    /// A balancer fails or comes back. If it held the address, all that goes through it is lost.
    pub fn set_balancer(&mut self, number: usize, up: bool, now: Time, context: &mut Context<'_>) {
        let held = self.vip.master() == Some(number);
        self.vip.set_up(number, up, now.as_micros());
        if held && !up {
            self.lose_all(Failure::BalancerDown, now, context);
            if context.settings.layer == Layer::Four {
                // The table was in its memory; cookies would be with the clients.
                self.sessions_lost += self.sessions.len() as u64;
                self.sessions = Sessions::new(MAX_CLIENTS, context.settings.session.as_micros());
            }
        }
        if let Some(at) = self.vip.due() {
            self.events.push(Time::from_micros(at), Due::Takeover);
        }
    }

    /// Another number of balancers. One that is down stays so, and a new one is up: it takes over after its wait.
    pub fn set_balancers(&mut self, count: usize, now: Time) {
        let down: Vec<usize> = (0..self.vip.len()).filter(|i| !self.vip.up(*i)).collect();
        self.vip = Vrrp::new(&[200, 100][..count.clamp(1, 2)], 1_000_000);
        down.into_iter().for_each(|balancer| self.vip.set_up(balancer, false, now.as_micros()));
        if let Some(at) = self.vip.due() {
            self.events.push(Time::from_micros(at), Due::Takeover);
        }
    }

    /// Everything in the cluster is lost.
    pub fn lose_all(&mut self, failure: Failure, now: Time, context: &mut Context<'_>) {
        self.connections.clear();
        for index in 0..self.servers.len() {
            for job in self.take_jobs(index, now) {
                self.release(index, now);
                self.give_up(&job, Some(index), failure, now, context);
            }
            if self.servers[index].alive {
                self.idle.insert(index as u32);
            }
        }
        for job in std::mem::take(&mut self.central) {
            self.give_up(&job, None, failure, now, context);
        }
        for (_, due) in self.events.take_all(|due| matches!(due, Due::Admit(_))) {
            if let Due::Admit(job) = due {
                self.give_up(&job, None, failure, now, context);
            }
        }
    }

    /// The servers are these from now on: new ones are idle, what those that go away hold is lost.
    ///
    /// # Errors
    /// What the algorithm refuses.
    pub fn set_servers(
        &mut self,
        configs: &[ServerConfig],
        now: Time,
        context: &mut Context<'_>,
    ) -> Result<(), BalancingError> {
        for index in configs.len()..self.servers.len() {
            for job in self.take_jobs(index, now) {
                self.release(index, now);
                self.give_up(&job, Some(index), Failure::ServerDown, now, context);
            }
            self.sessions_lost += self.sessions.forget_server(index as u32) as u64;
            self.connections.retain(|_, c| c.server as usize != index);
        }
        let (settings, fine) = (context.settings, digits(configs.len()));
        let recount = configs.len() != self.servers.len();
        self.servers.truncate(configs.len());
        self.seen.retain(|s| s.server.is_none_or(|s| s < configs.len()));
        if self.last.is_some_and(|l| l.server.is_some_and(|s| s >= configs.len())) {
            self.last = None;
        }
        for (server, config) in self.servers.iter_mut().zip(configs) {
            server.config = config.clone();
        }
        for config in configs.iter().skip(self.servers.len()) {
            self.servers.push(Server::new(config.clone(), Health::new(settings.rise, settings.fall), fine));
            self.came_back(self.servers.len() - 1, now, settings);
        }
        if recount {
            self.outliers = outliers(configs.len());
        }
        self.rebuild(self.algorithm, now, settings)?;
        // Connections to servers that are in another pool now are closed, and so are all when the layer changed.
        self.serve_waiting(now, context);
        Ok(())
    }

    /// Requests that wait at the balancer go to servers that are free now.
    fn serve_waiting(&mut self, now: Time, context: &mut Context<'_>) {
        for index in 0..self.servers.len() {
            self.feed(index, now, context);
        }
    }

    /// Another algorithm. Requests that wait at the balancer are sent by the new one.
    ///
    /// # Errors
    /// What the algorithm refuses.
    pub fn set_algorithm(
        &mut self,
        algorithm: Algorithm,
        now: Time,
        context: &mut Context<'_>,
    ) -> Result<(), BalancingError> {
        self.rebuild(algorithm, now, context.settings)?;
        for job in std::mem::take(&mut self.central) {
            match self.pool_of(&job, context) {
                Some(pool) => self.send(job, pool, None, now, context),
                None => self.give_up(&job, None, Failure::NoServer, now, context),
            }
        }
        self.serve_waiting(now, context);
        Ok(())
    }

    /// Settings changed: checks, connections and stickiness follow.
    pub fn settings_changed(&mut self, old: &Settings, new: &Settings, now: Time, context: &mut Context<'_>) {
        if (old.rise, old.fall) != (new.rise, new.fall) {
            for server in &mut self.servers {
                let up = server.health.up();
                server.health = Health::new(new.rise, new.fall);
                if !up {
                    // It stays down until the new number of checks has passed.
                    (0..new.fall).for_each(|_| {
                        server.health.check(false);
                    });
                }
            }
        }
        if old.layer != new.layer || old.keepalive != new.keepalive {
            self.connections.clear();
        }
        if !new.sticky || old.layer != new.layer {
            self.sessions = Sessions::new(MAX_CLIENTS, new.session.as_micros());
        }
        self.sessions.set_life(new.session.as_micros());
        if old.outliers && !new.outliers {
            self.outliers = outliers(self.servers.len());
        }
        for index in 0..self.servers.len() {
            self.refresh(index, now, new);
            while self.servers[index].queue.len() > new.queue_limit {
                let Some(job) = self.servers[index].queue.pop_back() else { break };
                self.release(index, now);
                self.give_up(&job, Some(index), Failure::QueueFull, now, context);
            }
        }
    }

    /// Counts anew from now on.
    pub fn restart(&mut self, now: Time) {
        let fine = digits(self.servers.len());
        self.servers.iter_mut().for_each(|s| s.restart(now, fine));
        self.sessions_lost = 0;
    }

    /// Whether the balancers know how many requests each server holds, and those that are down hold none.
    pub fn consistent(&self) -> bool {
        self.servers.iter().enumerate().all(|(i, s)| {
            let known = self.pools[s.pool].balancer.active(i) as usize;
            known == s.active() && (s.alive || s.active() == 0)
        })
    }
}
