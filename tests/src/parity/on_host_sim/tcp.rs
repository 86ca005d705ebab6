//! The TCP streams of a script on host-sim.

use spiffe_authz_host_sim::{EndOfStream, PeerType, TcpServed, WorkerTcpStream};

use crate::parity::endpoint::End;
use crate::parity::observation::StreamSeen;
use crate::parity::on_host_sim::connection::connection;
use crate::parity::on_host_sim::{Open, Side, WORKER, access_log};
use crate::parity::script::Script;

/// A stream and what its peers got beside what the plugin let pass.
pub(super) struct OpenTcp {
    name: String,
    stream: WorkerTcpStream,
    /// What passed without the plugin.
    beside: StreamSeen,
    upstream: Upstream,
    downstream_ended: bool,
    upstream_ended: bool,
    is_over: bool,
}

/// Whether the proxy has connected to the upstream.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Upstream {
    NotYet,
    Connected,
}

impl Side<'_> {
    pub(super) fn open_tcp(&mut self, name: &str) -> Result<(), String> {
        let properties = connection(self.script)?.properties();
        let mut open = OpenTcp {
            name: name.to_owned(),
            stream: self.workers.tcp_stream(WORKER, properties),
            beside: StreamSeen::default(),
            upstream: Upstream::NotYet,
            downstream_ended: false,
            upstream_ended: false,
            is_over: false,
        };
        let served = open.stream.new_connection();
        open.note(served);
        self.streams.push(Open::Tcp(Box::new(open)));
        Ok(())
    }
}

impl OpenTcp {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn downstream_data(&mut self, bytes: &[u8], ends: bool) -> Result<(), String> {
        let served = self.stream.downstream_data(bytes, end(ends));
        if served == TcpServed::Bypassed {
            self.beside.upstream.get_or_insert_default().body.extend(bytes);
        }
        self.downstream_ended |= ends;
        self.note(served);
        Ok(())
    }

    pub(super) fn upstream_data(&mut self, bytes: &[u8], ends: bool) -> Result<(), String> {
        if self.upstream == Upstream::NotYet {
            return Ok(());
        }
        let served = self.stream.upstream_data(bytes, end(ends));
        if served == TcpServed::Bypassed {
            self.beside.client.body.extend(bytes);
        }
        self.upstream_ended |= ends;
        self.note(served);
        Ok(())
    }

    pub(super) fn client_reset(&mut self) -> Result<(), String> {
        self.close(PeerType::Remote);
        Ok(())
    }

    /// The other side's reset ends the connection from here.
    pub(super) fn upstream_reset(&mut self) -> Result<(), String> {
        Err("host-sim has no word for a reset of the upstream's connection".to_owned())
    }

    /// The proxy closes a connection whose peers have both ended.
    pub(super) fn end_if_complete(&mut self) {
        if self.downstream_ended && self.upstream_ended && !self.is_over {
            self.close(PeerType::Local);
        }
    }

    pub(super) fn seen(&mut self, script: &Script) -> StreamSeen {
        let mut seen = StreamSeen {
            name: self.name.clone(),
            ..self.beside.clone()
        };
        if let Some(stream) = self.stream.stream() {
            seen.client.body.extend(stream.sent_downstream());
            if self.upstream == Upstream::Connected {
                seen.upstream
                    .get_or_insert_default()
                    .body
                    .extend(stream.sent_upstream());
            }
        }
        seen.client.end = self.ended(self.upstream_ended);
        let downstream_ended = self.ended(self.downstream_ended);
        if let Some(upstream) = &mut seen.upstream {
            upstream.end = downstream_ended;
        }
        if self.is_over {
            let stream = self.stream.stream();
            seen.access_log = access_log("none", script, |key| stream.as_ref()?.filter_state(key));
        }
        seen
    }

    /// A connection that is closed has ended for both.
    fn ended(&self, ended: bool) -> End {
        if ended || self.is_over {
            End::Complete
        } else {
            End::Open
        }
    }

    fn note(&mut self, served: TcpServed) {
        match served {
            TcpServed::Continued | TcpServed::Bypassed => self.upstream = Upstream::Connected,
            TcpServed::Closed => self.is_over = true,
            TcpServed::Paused | TcpServed::OutOfOrder => {}
        }
    }

    fn close(&mut self, by: PeerType) {
        if let Some(stream) = self.stream.stream() {
            let _trap = stream.close(by);
        }
        self.is_over = true;
    }
}

fn end(end: bool) -> EndOfStream {
    if end { EndOfStream::Yes } else { EndOfStream::No }
}
