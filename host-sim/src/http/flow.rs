//! One direction of an HTTP stream, as Envoy's filter manager keeps it for the plugin.

use crate::headers::Headers;
use crate::http::body::Body;
use crate::http::message::Message;
use crate::vm::stream_state::MapSlot;

/// What has come of a direction, how much of it the plugin has seen, and what went past it.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) headers: MapSlot,
    pub(crate) body: Body,
    /// `None` where there are none, or none yet.
    pub(crate) trailers: Option<MapSlot>,
    pub(crate) iteration: Iteration,
    pub(crate) passed: Message,
    /// The peer has sent everything.
    pub(crate) ended: bool,
    /// The headers went past the plugin, or are about to.
    pub(crate) headers_went: bool,
    /// The plugin was given the end.
    pub(crate) told_end: bool,
    /// The plugin is given what came while it stopped everything.
    pub(crate) catching_up: bool,
    /// What is held may not be more than a stream may hold.
    pub(crate) limited: bool,
    /// It was more.
    pub(crate) too_large: bool,
    /// A callback of this direction runs, or what it asked for is carried out.
    pub(crate) running: bool,
    /// A local reply came in a callback of this direction, which goes no further.
    pub(crate) aborted: bool,
}

/// Whether what comes goes through the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Iteration {
    #[default]
    Going,
    /// The plugin holds what it was given, and is still given what follows.
    Stopped,
    /// The plugin is given nothing before it continues.
    StoppedAll,
}

impl Flow {
    /// Takes the maps and the body away from the plugin, as `proxy_continue_stream` does.
    pub(crate) fn shut(&mut self) {
        self.headers.open = false;
        self.body.shown = None;
        if let Some(trailers) = &mut self.trailers {
            trailers.open = false;
        }
    }

    /// The trailers, which are made where the plugin writes some behind the last bytes of a body without any.
    pub(crate) fn trailers_to_write(&mut self, end: bool) -> Option<&mut MapSlot> {
        if self.trailers.is_none() && end && self.body.shown.is_some() {
            self.trailers = Some(MapSlot::arrived(Headers::new()));
        }
        self.trailers.as_mut()
    }
}
