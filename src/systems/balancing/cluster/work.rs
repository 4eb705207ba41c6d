//! Requests at work and in queues.

use super::{CENTRAL, Cluster, Context, Decision, Due, Reason, Seen};
use crate::algorithms::balance::Algorithm;
use crate::sim::{Duration, Time};
use crate::systems::balancing::server::{Job, Running};
use crate::systems::balancing::stats::Failure;

impl Cluster {
    /// A server begins to work on a request.
    pub(super) fn start(&mut self, job: Job, index: usize, now: Time) {
        let server = &mut self.servers[index];
        let work = job.work.stretched(server.config.slowness).max(Duration::from_micros(1));
        let event = self.events.push(now + work, Due::Done(index as u32));
        server.running = Some(Running { job, from: now, until: now + work, event });
        if self.algorithm == Algorithm::OneQueue {
            self.idle.remove(&(index as u32));
        }
    }

    /// A server is done with what it worked on.
    pub(super) fn done(&mut self, index: usize, now: Time, context: &mut Context<'_>) {
        let server = &mut self.servers[index];
        let Some(running) = server.running.take() else { return };
        let job = running.job;
        server.worked(&running, now);
        let stayed = now - job.arrived;
        let latency = stayed + job.network;
        server.stats.served += 1;
        server.stats.times.record(latency);
        context.stats.answer(now, stayed, latency);
        self.pools[server.pool].balancer.done(index, now.as_micros(), Some((now - job.sent).as_micros()));
        if context.settings.outliers {
            self.outliers.result(index, true, now.as_micros());
        }
        self.show(Seen { at: now, client: job.client, server: Some(index), answered: true });
        self.next_job(index, now, context);
    }

    /// The server is free: it takes the next request, its own or one that waits at the balancer.
    pub(super) fn next_job(&mut self, index: usize, now: Time, context: &mut Context<'_>) {
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
    pub(super) fn wait_at_balancer(&mut self, mut job: Job, now: Time, context: &mut Context<'_>) {
        let limit = context.settings.queue_limit.saturating_mul(self.servers.len());
        if self.central.len() >= limit {
            self.give_up(&job, None, Failure::QueueFull, now, context);
            return;
        }
        job.sent = now;
        self.last = Some(Decision {
            at: now,
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
            self.events.push(now + context.settings.patience, Due::Expire(CENTRAL));
        }
    }

    /// Clients at the head of a queue whose patience is over leave.
    pub(super) fn expire(&mut self, index: usize, now: Time, context: &mut Context<'_>) {
        let patience = context.settings.patience;
        // The server may have been taken away since.
        let Some(server) = self.servers.get_mut(index) else { return };
        server.timer = false;
        while let Some(head) = self.servers[index].queue.front().copied() {
            if head.sent + patience > now {
                self.servers[index].timer = true;
                self.events.push(head.sent + patience, Due::Expire(index as u32));
                return;
            }
            self.servers[index].queue.pop_front();
            self.release(index, now);
            self.give_up(&head, Some(index), Failure::Timeout, now, context);
        }
    }

    /// The same at the balancer.
    pub(super) fn expire_central(&mut self, now: Time, context: &mut Context<'_>) {
        let patience = context.settings.patience;
        self.central_timer = false;
        while let Some(head) = self.central.front().copied() {
            if head.sent + patience > now {
                self.central_timer = true;
                self.events.push(head.sent + patience, Due::Expire(CENTRAL));
                return;
            }
            self.central.pop_front();
            self.give_up(&head, None, Failure::Timeout, now, context);
        }
    }
}
