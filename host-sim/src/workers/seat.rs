//! The plugin on one thread.

use std::time::Duration;

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
    loaded: Duration,
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

impl Seat {
    pub(crate) fn load(thread: usize, vms: &VmKey, setup: &PluginSetup) -> Self {
        Self {
            thread,
            loaded: setup.clock.time(),
            taken: vms.lock().load(thread, setup.clone()),
        }
    }

    pub(crate) fn plugin_mut(&mut self) -> Option<&mut Plugin> {
        self.taken.as_mut().ok()
    }

    pub(crate) fn left_out(&self) -> Option<&PluginError> {
        self.taken.as_ref().err()
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
        let clock = self.clock(loading.setup);
        let now = clock.time();
        if loading.backoff.is_too_early(now.saturating_sub(self.loaded)) {
            loading.reloads.count(ReloadEvent::TooEarly);
            return;
        }
        self.loaded = now;
        let setup = PluginSetup {
            clock,
            ..loading.setup.clone()
        };
        let event = match loading.vms.lock().load(self.thread, setup) {
            Ok(plugin) => {
                self.taken = Ok(plugin);
                ReloadEvent::Success
            }
            Err(_) => ReloadEvent::Failure,
        };
        loading.reloads.count(event);
    }

    fn clock(&self, setup: &PluginSetup) -> Clock {
        self.taken.as_ref().map_or(setup.clock, Plugin::clock)
    }
}
