//! The plugin on one thread.

use std::time::Duration;

use crate::calls::error::EventError;
use crate::clock::Clock;
use crate::plugin::{Plugin, PluginError};
use crate::plugin_setup::PluginSetup;
use crate::workers::group::Reloads;
use crate::workers::policy::FailurePolicy;
use crate::workers::reload::{Backoff, ReloadEvent};
use crate::workers::vm_key::VmKey;

/// One thread's plugin, and when it was loaded.
pub(crate) struct Seat {
    thread: usize,
    loaded: Moment,
    taken: Result<Plugin, PluginError>,
}

/// What a new stream of the thread finds.
pub(crate) enum Found<'s> {
    Plugin(&'s mut Plugin),
    /// The VM has failed, and the filter answers in its place.
    FailedVm,
    /// The filter is not in the chain.
    Nothing,
}

/// What all threads' plugins have in common.
pub(crate) struct Loading<'l> {
    pub(crate) vms: &'l VmKey,
    pub(crate) setup: &'l PluginSetup,
    pub(crate) policy: FailurePolicy,
    pub(crate) backoff: &'l mut Backoff,
    pub(crate) reloads: &'l mut Reloads,
}

/// A time in a VM: what its clock says, and how far it was moved on since it was made.
#[derive(Debug, Clone, Copy, Default)]
struct Moment {
    clock: Duration,
    elapsed: Duration,
}

impl Moment {
    fn of(plugin: &Plugin) -> Self {
        Self {
            clock: plugin.clock().time(),
            elapsed: plugin.elapsed(),
        }
    }

    /// A test sets the clock or moves time on, and either counts.
    fn since(self, before: Self) -> Duration {
        let clock = self.clock.saturating_sub(before.clock);
        clock.max(self.elapsed.saturating_sub(before.elapsed))
    }
}

impl Seat {
    pub(crate) fn load(thread: usize, vms: &VmKey, setup: &PluginSetup) -> Self {
        let taken = vms.lock().load(thread, setup.clone());
        Self {
            thread,
            loaded: taken.as_ref().map(Moment::of).unwrap_or_default(),
            taken,
        }
    }

    pub(crate) fn plugin_mut(&mut self) -> Option<&mut Plugin> {
        self.taken.as_mut().ok()
    }

    pub(crate) fn clock(&self) -> Option<Clock> {
        self.taken.as_ref().ok().map(Plugin::clock)
    }

    pub(crate) fn left_out(&self) -> Option<&PluginError> {
        self.taken.as_ref().err()
    }

    /// Moves the plugin's time on, also where its VM has failed.
    pub(crate) fn advance(&mut self, time: Duration) -> Result<(), EventError> {
        let Ok(plugin) = &mut self.taken else {
            return Ok(());
        };
        let end = plugin.elapsed().saturating_add(time);
        let advanced = plugin.advance(time);
        match &advanced {
            Err(EventError::Failed(_) | EventError::Trapped(_)) => plugin.move_time(end),
            Ok(())
            | Err(EventError::NotPending { .. } | EventError::TimerOff | EventError::TooManyEvents { .. }) => {
            }
        }
        match advanced {
            Err(EventError::Failed(_)) => Ok(()),
            other => other,
        }
    }

    /// What a stream that begins now finds, after the reload that the policy asks for.
    pub(crate) fn find(&mut self, loading: Loading<'_>) -> Found<'_> {
        let policy = loading.policy;
        if self.has_failed() && policy.reloads() {
            self.reload(loading);
        }
        let failed = self.has_failed();
        match &mut self.taken {
            Ok(_) if failed && policy.opens() => Found::Nothing,
            Ok(_) if failed => Found::FailedVm,
            Ok(plugin) => Found::Plugin(plugin),
            Err(_) => Found::Nothing,
        }
    }

    fn has_failed(&self) -> bool {
        let plugin = self.taken.as_ref();
        plugin.is_ok_and(|plugin| plugin.failure().is_some())
    }

    /// The time of the attempt counts as a load even if it fails.
    fn reload(&mut self, loading: Loading<'_>) {
        let Ok(failed) = &self.taken else { return };
        let now = Moment::of(failed);
        if loading.backoff.is_too_early(now.since(self.loaded)) {
            loading.reloads.count(ReloadEvent::TooEarly);
            return;
        }
        self.loaded = now;
        let setup = PluginSetup {
            clock: failed.clock(),
            ..loading.setup.clone()
        };
        let event = match loading.vms.lock().load(self.thread, setup) {
            Ok(plugin) => {
                self.loaded = Moment::of(&plugin);
                self.taken = Ok(plugin);
                ReloadEvent::Success
            }
            Err(_) => ReloadEvent::Failure,
        };
        loading.reloads.count(event);
    }
}
