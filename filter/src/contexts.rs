//! [`Contexts`]: which callback of the proxy goes to which of our objects.
//!
//! The proxy numbers its contexts: a root context for each plugin instance, and a stream context for each HTTP request and
//! for each TCP connection. One configuration serves both, and nothing but the callback that follows tells which of them a
//! new stream context is.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::host::Host;
use crate::http::HttpStream;
use crate::judge::Judge;
use crate::root::Plugin;
use crate::tcp::TcpStream;
use crate::vm::Vm;

/// The number that stands for no root context: the new context is one itself.
const NO_ROOT: u32 = 0;

/// Every context of one VM. No number that the proxy gives makes it panic: a stream whose context nobody knows is judged
/// without a policy set, and so refused.
#[derive(Debug)]
pub(crate) struct Contexts<H> {
    host: H,
    /// A plugin instance comes and goes with its configuration, this stays.
    vm: Rc<Vm>,
    contexts: BTreeMap<u32, Context<H>>,
}

#[derive(Debug)]
enum Context<H> {
    Root(Plugin<H>),
    /// A stream of either kind, before its first callback.
    New(Judge<H>),
    Http(HttpStream<H>),
    Tcp(TcpStream<H>),
}

impl<H: Host + Clone> Contexts<H> {
    pub(crate) fn new(host: H) -> Self {
        Self {
            host,
            vm: Rc::default(),
            contexts: BTreeMap::new(),
        }
    }

    /// Makes a context: a stream keeps the policy set that is in force now.
    pub(crate) fn create(&mut self, id: u32, root: u32) {
        let context = match root {
            NO_ROOT => Context::Root(Plugin::new(self.host.clone(), Rc::clone(&self.vm))),
            root => Context::New(self.judge_of_root(root)),
        };
        self.contexts.insert(id, context);
    }

    /// Forgets a context.
    pub(crate) fn delete(&mut self, id: u32) {
        self.contexts.remove(&id);
    }

    /// Gives a plugin instance its configuration; false refuses it.
    #[must_use]
    pub(crate) fn configure(&mut self, id: u32) -> bool {
        match self.contexts.get_mut(&id) {
            Some(Context::Root(plugin)) => plugin.configure(),
            Some(Context::New(_) | Context::Http(_) | Context::Tcp(_)) | None => false,
        }
    }

    /// Judges an HTTP request; true lets it go on.
    #[must_use]
    pub(crate) fn request_headers(&mut self, id: u32) -> bool {
        match self.contexts.get_mut(&id) {
            Some(context) => context.judge_request(),
            None => None,
        }
        .unwrap_or_else(|| self.refuse_request(id))
    }

    fn refuse_request(&mut self, id: u32) -> bool {
        let mut stream = HttpStream::new(self.judge_of_nobody());
        let goes_on = stream.judge();
        self.contexts.insert(id, Context::Http(stream));
        goes_on
    }

    /// Whether the body of a request goes on.
    #[must_use]
    pub(crate) fn request_body(&self, id: u32) -> bool {
        match self.contexts.get(&id) {
            Some(Context::Http(stream)) => stream.may_pass(),
            Some(Context::Root(_) | Context::New(_) | Context::Tcp(_)) | None => false,
        }
    }

    /// Whether the trailers of a request go on.
    #[must_use]
    pub(crate) fn request_trailers(&mut self, id: u32) -> bool {
        match self.contexts.get_mut(&id) {
            Some(Context::Http(stream)) => stream.trailers(),
            Some(Context::Root(_) | Context::New(_) | Context::Tcp(_)) | None => false,
        }
    }

    /// Whether bytes of either side of a TCP connection go on.
    #[must_use]
    pub(crate) fn data(&mut self, id: u32) -> bool {
        if let Some(Context::Tcp(stream)) = self.contexts.get_mut(&id) {
            return stream.data();
        }
        let mut stream = TcpStream::new(self.take_judge(id));
        let goes_on = stream.data();
        self.contexts.insert(id, Context::Tcp(stream));
        goes_on
    }

    fn judge_of_root(&self, root: u32) -> Judge<H> {
        match self.contexts.get(&root) {
            Some(Context::Root(plugin)) => plugin.judge(),
            Some(Context::New(_) | Context::Http(_) | Context::Tcp(_)) | None => self.judge_of_nobody(),
        }
    }

    /// The judge of a stream that had no callback yet.
    fn take_judge(&mut self, id: u32) -> Judge<H> {
        match self.contexts.remove(&id) {
            Some(Context::New(judge)) => judge,
            Some(Context::Root(_) | Context::Http(_) | Context::Tcp(_)) | None => self.judge_of_nobody(),
        }
    }

    /// A judge without a policy set: it refuses everything.
    fn judge_of_nobody(&self) -> Judge<H> {
        Judge::new(self.host.clone(), Rc::clone(&self.vm), None)
    }
}

impl<H: Host + Clone> Context<H> {
    /// Judges a stream that had no callback yet as an HTTP request; `None` for anything else.
    fn judge_request(&mut self) -> Option<bool> {
        let judge = match self {
            Self::New(judge) => judge.clone(),
            Self::Root(_) | Self::Http(_) | Self::Tcp(_) => return None,
        };
        let mut stream = HttpStream::new(judge);
        let goes_on = stream.judge();
        *self = Self::Http(stream);
        Some(goes_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::host::HostError;
    use crate::property;

    const ROOT: u32 = 1;
    /// Allows the frontend: on HTTP everything, on TCP everything.
    const CONFIGURATION: &[u8] = br#"{"workload": {"namespace": "shop"}, "resources": [
        {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
         "metadata": {"name": "orders", "namespace": "shop"},
         "spec": {"action": "ALLOW", "rules": [
            {"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/frontend"]}}]}]}}]}"#;

    fn host() -> FakeHost {
        let host = FakeHost::new();
        host.set_configuration(Ok(CONFIGURATION));
        host.set_peer(Some(b"spiffe://cluster.local/ns/shop/sa/frontend"));
        host.set_headers(&[(b":method", b"GET"), (b":path", b"/"), (b":authority", b"a")]);
        host
    }

    /// Contexts with a root that has its configuration.
    fn configured(host: &FakeHost) -> Contexts<FakeHost> {
        let mut contexts = Contexts::new(host.clone());
        contexts.create(ROOT, NO_ROOT);
        assert!(contexts.configure(ROOT));
        contexts
    }

    fn cause(host: &FakeHost) -> Vec<u8> {
        host.state(property::CAUSE).unwrap()
    }

    #[test]
    fn one_configuration_serves_requests_and_connections() {
        let host = host();
        let mut contexts = configured(&host);
        contexts.create(2, ROOT);
        contexts.create(3, ROOT);
        assert!(contexts.request_headers(2) && contexts.request_body(2) && contexts.request_trailers(2));
        assert!(contexts.data(3) && contexts.data(3));
        assert_eq!((host.replies(), host.closes()), (Vec::new(), 0));
    }

    #[test]
    fn a_denied_request_is_answered_and_a_denied_connection_closed() {
        let host = host();
        host.set_peer(Some(b"spiffe://cluster.local/ns/shop/sa/stranger"));
        let mut contexts = configured(&host);
        contexts.create(2, ROOT);
        contexts.create(3, ROOT);
        assert!(!contexts.request_headers(2) && !contexts.request_body(2) && !contexts.request_trailers(2));
        assert_eq!((host.replies().len(), host.closes()), (1, 0));
        assert!(!contexts.data(3) && !contexts.data(3));
        assert_eq!((host.replies().len(), host.closes()), (1, 1));
    }

    #[test]
    fn a_stream_keeps_the_policies_that_were_in_force_when_it_began() {
        let host = host();
        let mut contexts = configured(&host);
        contexts.create(2, ROOT);
        host.set_configuration(Ok(br#"{"workload": {"namespace": "shop"}, "resources": []}"#));
        assert!(contexts.configure(ROOT));
        contexts.create(3, ROOT);
        contexts.delete(ROOT);
        assert!(contexts.request_headers(2));
        assert!(!contexts.request_headers(3));
        assert_eq!(cause(&host), b"no-allow-policy");
    }

    #[test]
    fn a_stream_that_nobody_knows_is_refused() {
        let host = host();
        let mut contexts = configured(&host);
        contexts.create(2, 9);
        contexts.create(3, 2);
        for id in [2, 3, 4, ROOT] {
            assert!(
                !contexts.request_body(id) && !contexts.request_trailers(id),
                "{id}"
            );
            assert!(!contexts.request_headers(id), "{id}");
            assert_eq!(cause(&host), b"no-configuration");
        }
        assert!(!contexts.data(5));
        assert_eq!(host.closes(), 1);
    }

    #[test]
    fn a_stream_of_one_kind_does_not_pass_as_the_other() {
        let host = host();
        let mut contexts = configured(&host);
        contexts.create(2, ROOT);
        contexts.create(3, ROOT);
        assert!(contexts.request_headers(2) && contexts.data(3));
        assert!(!contexts.data(2));
        assert!(!contexts.request_body(3) && !contexts.request_trailers(3));
        assert!(!contexts.request_headers(3));
    }

    #[test]
    fn only_a_root_takes_a_configuration_and_a_bad_one_is_refused() {
        let host = host();
        let mut contexts = configured(&host);
        contexts.create(2, ROOT);
        assert!(!contexts.configure(2) && !contexts.configure(9));
        host.set_configuration(Err(HostError::NotFound));
        assert!(!contexts.configure(ROOT));
    }

    #[test]
    fn a_deleted_context_is_gone() {
        let host = host();
        let mut contexts = configured(&host);
        contexts.create(2, ROOT);
        assert!(contexts.request_headers(2));
        contexts.delete(2);
        contexts.delete(2);
        assert!(!contexts.request_body(2));
        assert_eq!(contexts.contexts.len(), 1);
    }
}
