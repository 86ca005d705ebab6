//! TCP: passes whole lines on, in capitals, and hangs up on a client that says `quit`; puts a mark before what the upstream
//! says first.

use proxy_wasm::traits::{Context, RootContext, StreamContext};
use proxy_wasm::types::{Action, ContextType, PeerType};

pub(crate) struct Root;

impl Context for Root {}

impl RootContext for Root {
    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::StreamContext)
    }

    fn create_stream_context(&self, _context_id: u32) -> Option<Box<dyn StreamContext>> {
        Some(Box::new(Connection { marked: false }))
    }
}

struct Connection {
    marked: bool,
}

impl Context for Connection {}

impl StreamContext for Connection {
    fn on_downstream_data(&mut self, size: usize, end: bool) -> Action {
        let data = self.get_downstream_data(0, size).unwrap_or_default();
        if data.starts_with(b"quit") {
            self.close_downstream();
            return Action::Pause;
        }
        if !data.ends_with(b"\n") && !end {
            return Action::Pause;
        }
        self.set_downstream_data(0, size, &data.to_ascii_uppercase());
        Action::Continue
    }

    fn on_upstream_data(&mut self, _size: usize, _end: bool) -> Action {
        if !self.marked {
            self.set_upstream_data(0, 0, b"> ");
            self.marked = true;
        }
        Action::Continue
    }

    fn on_downstream_close(&mut self, peer: PeerType) {
        log::info!("downstream closed: {peer:?}");
    }

    fn on_log(&mut self) {
        log::info!("logged");
    }
}
