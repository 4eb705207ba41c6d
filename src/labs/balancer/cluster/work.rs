//! Requests at work and in queues.

use super::{CENTRAL, Cluster, Context, Decision, Due, Reason, Seen};
use crate::engine::Micros;
use crate::labs::balancer::command::Algorithm;
use crate::labs::balancer::server::{Job, Running};
use crate::labs::balancer::stats::Failure;

impl Cluster {
    /// A server begins to work on a request.
    pub(super) fn start(&mut self, job: Job, index: usize, now: Micros) {
        let server = &mut self.servers[index];
        let work = (f64::from(job.work_us) * server.config.slowness).round().max(1.0) as Micros;
        let event = self.events.push(now + work, Due::Done(index as u32));
        server.running = Some(Running { job, from_us: now, until_us: now + work, event });
        if self.algorithm == Algorithm::OneQueue {
            self.idle.remove(&(index as u32));
        }
    }

    /// A server is done with what it worked on.
    pub(super) fn done(&mut self, index: usize, now: Micros, context: &mut Context<'_>) {
        let server = &mut self.servers[index];
        let Some(running) = server.running.take() else { return };
        let job = running.job;
        server.worked(&running, now);
        let stayed = now - job.arrived_us;
        let latency = stayed + Micros::from(job.network_us);
        server.stats.served += 1;
        server.stats.times.record(latency);
        context.stats.answer(now, stayed, latency);
        self.pools[server.pool].balancer.done(index, now, Some(now - job.sent_us));
        if context.settings.outliers {
            self.outliers.result(index, true, now);
        }
        self.show(Seen { at_us: now, client: job.client, server: Some(index), answered: true });
        self.next_job(index, now, context);
    }

    /// The server is free: it takes the next request, its own or one that waits at the balancer.
    pub(super) fn next_job(&mut self, index: usize, now: Micros, context: &mut Context<'_>) {
        if let Some(next) = self.servers[index].queue.pop_front() {
            self.start(next, index, now);
            return;
        }
        if self.algorithm != Algorithm::OneQueue {
            return;
        }
        self.idle.insert(index as u32);
        let pool = self.servers[index].pool;
        if !self.pools[pool].balancer.takes(index) {
            return;
        }
        let mine = self.central.iter().position(|job| self.pool_of(job, context) == Some(pool));
        if let Some(job) = mine.and_then(|place| self.central.remove(place)) {
            self.hand_over(job, index, Reason::Free, now, context);
        }
    }

    /// No server is free: the request waits at the balancer.
    pub(super) fn wait_at_balancer(&mut self, mut job: Job, now: Micros, context: &mut Context<'_>) {
        let limit = context.settings.queue_limit.saturating_mul(self.servers.len());
        if self.central.len() >= limit {
            self.give_up(&job, None, Failure::QueueFull, now, context);
            return;
        }
        job.sent_us = now;
        self.last = Some(Decision {
            at_us: now,
            id: job.id,
            client: job.client,
            path: job.path,
            server: None,
            reason: Some(Reason::Waits),
            failure: None,
            tries: job.tries,
        });
        self.central.push_back(job);
        context.stats.queue(now, self.central.len());
        if !self.central_timer {
            self.central_timer = true;
            self.events.push(now + context.settings.patience_us, Due::Expire(CENTRAL));
        }
    }

    /// Clients at the head of a queue whose patience is over leave.
    pub(super) fn expire(&mut self, index: usize, now: Micros, context: &mut Context<'_>) {
        let patience = context.settings.patience_us;
        // The server may have been taken away since.
        let Some(server) = self.servers.get_mut(index) else { return };
        server.timer = false;
        while let Some(head) = self.servers[index].queue.front().copied() {
            if head.sent_us + patience > now {
                self.servers[index].timer = true;
                self.events.push(head.sent_us + patience, Due::Expire(index as u32));
                return;
            }
            self.servers[index].queue.pop_front();
            self.release(index, now);
            self.give_up(&head, Some(index), Failure::Timeout, now, context);
        }
    }

    /// The same at the balancer.
    pub(super) fn expire_central(&mut self, now: Micros, context: &mut Context<'_>) {
        let patience = context.settings.patience_us;
        self.central_timer = false;
        while let Some(head) = self.central.front().copied() {
            if head.sent_us + patience > now {
                self.central_timer = true;
                self.events.push(head.sent_us + patience, Due::Expire(CENTRAL));
                return;
            }
            self.central.pop_front();
            self.give_up(&head, None, Failure::Timeout, now, context);
        }
    }
}
