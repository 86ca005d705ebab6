//! The rows: who asks whom for what, and what must come of it.

use std::net::IpAddr;

use crate::identities::Stranger;
use crate::workload::Workload;

/// One request and what must come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Who sends it.
    pub from: Sender,
    /// Who gets it.
    pub to: Workload,
    /// The method.
    pub method: &'static str,
    /// The path, sent to the letter.
    pub path: &'static str,
    /// The workload that a forged `x-forwarded-client-cert` header names.
    pub forged_xfcc: Option<Workload>,
    /// What must come of it.
    pub expected: Expected,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// An application of the mesh, through its own Envoy.
    Application(Workload),
    /// A client that connects to the workload's Envoy by itself, with the SVID of a workload.
    WithSvidOf(Workload),
    /// The same with a certificate that is none of the mesh's.
    Stranger(Stranger),
    /// The same with TLS and no certificate.
    NoCertificate,
    /// The same without TLS.
    Plaintext,
    /// The same from this address of the machine.
    PlaintextFrom(IpAddr),
}

/// What must come of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The application answers 200.
    Allowed {
        /// The policy that allows it, `namespace/name`.
        policy: &'static str,
    },
    /// 403, and the application does not hear of it.
    Denied {
        /// The filter's word for the reason.
        cause: &'static str,
        /// The policy that denies it, where one does.
        policy: Option<&'static str>,
    },
    /// No answer: the handshake fails, and the application does not hear of it.
    NoAnswer,
}

const FRONTEND: Sender = Sender::Application(Workload::Frontend);
const ORDERS: Sender = Sender::Application(Workload::Orders);
const PAYMENTS: Sender = Sender::Application(Workload::Payments);

const NO_MATCH: Expected = Expected::Denied {
    cause: "no-matching-allow",
    policy: None,
};
const ADMIN: Expected = Expected::Denied {
    cause: "matched-deny",
    policy: Some("shop/no-admin"),
};

/// Every row of the demo, in the order of the table.
pub const ROWS: [Row; 28] = [
    // What the policies allow, each workload through its own Envoy.
    row(
        FRONTEND,
        Workload::Orders,
        "GET",
        "/orders/7",
        allowed("shop/orders"),
    ),
    row(
        FRONTEND,
        Workload::Orders,
        "POST",
        "/orders",
        allowed("shop/orders"),
    ),
    row(
        ORDERS,
        Workload::Payments,
        "POST",
        "/payments",
        allowed("shop/payments"),
    ),
    row(
        FRONTEND,
        Workload::Payments,
        "GET",
        "/healthz",
        allowed("shop/payments"),
    ),
    row(PAYMENTS, Workload::Frontend, "GET", "/", allowed("shop/frontend")),
    // The wrong method, the wrong path, the wrong peer.
    row(FRONTEND, Workload::Orders, "DELETE", "/orders/7", NO_MATCH),
    row(FRONTEND, Workload::Orders, "GET", "/invoices/7", NO_MATCH),
    row(PAYMENTS, Workload::Orders, "GET", "/orders/7", NO_MATCH),
    row(FRONTEND, Workload::Payments, "POST", "/payments", NO_MATCH),
    // A DENY policy wins over the ALLOW policy, however the path is written.
    row(ORDERS, Workload::Frontend, "GET", "/admin", ADMIN),
    row(FRONTEND, Workload::Orders, "GET", "/orders/../admin", ADMIN),
    row(FRONTEND, Workload::Orders, "GET", "/orders/%2e%2e/admin", ADMIN),
    row(FRONTEND, Workload::Orders, "GET", "//admin", ADMIN),
    // The identity is the certificate's, whatever a header says.
    forging(
        row(PAYMENTS, Workload::Orders, "GET", "/orders/7", NO_MATCH),
        Workload::Frontend,
    ),
    forging(
        row(
            FRONTEND,
            Workload::Orders,
            "GET",
            "/orders/7",
            allowed("shop/orders"),
        ),
        Workload::Payments,
    ),
    // Clients without an Envoy of their own: the SVID decides.
    row(
        Sender::WithSvidOf(Workload::Frontend),
        Workload::Orders,
        "GET",
        "/orders/7",
        allowed("shop/orders"),
    ),
    row(
        Sender::WithSvidOf(Workload::Payments),
        Workload::Orders,
        "GET",
        "/orders/7",
        NO_MATCH,
    ),
    row(
        Sender::Stranger(Stranger::OtherNamespace),
        Workload::Orders,
        "GET",
        "/orders/7",
        NO_MATCH,
    ),
    row(
        Sender::Stranger(Stranger::OtherCa),
        Workload::Orders,
        "GET",
        "/orders/7",
        Expected::NoAnswer,
    ),
    row(
        Sender::Stranger(Stranger::Expired),
        Workload::Orders,
        "GET",
        "/orders/7",
        Expected::NoAnswer,
    ),
    row(
        Sender::NoCertificate,
        Workload::Orders,
        "GET",
        "/orders/7",
        Expected::NoAnswer,
    ),
    row(
        Sender::NoCertificate,
        Workload::Payments,
        "GET",
        "/healthz",
        Expected::NoAnswer,
    ),
    // Plaintext: refused by a listener that is strict, and by the filter where the listener takes it.
    row(
        Sender::Plaintext,
        Workload::Orders,
        "GET",
        "/orders/7",
        Expected::NoAnswer,
    ),
    row(
        Sender::Plaintext,
        Workload::Frontend,
        "GET",
        "/",
        Expected::Denied {
            cause: "mtls-required",
            policy: None,
        },
    ),
    row(
        Sender::Plaintext,
        Workload::Payments,
        "GET",
        "/healthz",
        allowed("shop/payments"),
    ),
    forging(
        row(
            Sender::Plaintext,
            Workload::Payments,
            "GET",
            "/healthz",
            allowed("shop/payments"),
        ),
        Workload::Orders,
    ),
    row(
        Sender::Plaintext,
        Workload::Payments,
        "POST",
        "/payments",
        NO_MATCH,
    ),
    forging(
        row(
            Sender::Plaintext,
            Workload::Payments,
            "POST",
            "/payments",
            NO_MATCH,
        ),
        Workload::Orders,
    ),
];

const fn row(
    from: Sender,
    to: Workload,
    method: &'static str,
    path: &'static str,
    expected: Expected,
) -> Row {
    Row {
        from,
        to,
        method,
        path,
        forged_xfcc: None,
        expected,
    }
}

const fn forging(row: Row, victim: Workload) -> Row {
    Row {
        forged_xfcc: Some(victim),
        ..row
    }
}

const fn allowed(policy: &'static str) -> Expected {
    Expected::Allowed { policy }
}

impl Row {
    /// The request as the table shows it.
    #[must_use]
    pub fn request(&self) -> String {
        let forged = self
            .forged_xfcc
            .map_or_else(String::new, |victim| format!(" + XFCC of {victim}"));
        format!("{} {}{forged}", self.method, self.path)
    }

    /// The value of the forged header.
    #[must_use]
    pub fn forged_header(&self) -> Option<String> {
        let victim = self.forged_xfcc?.spiffe_id();
        Some(format!("By={};URI={victim}", self.to.spiffe_id()))
    }
}

impl Sender {
    /// The sender as the table shows it.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Application(workload) => workload.to_string(),
            Self::WithSvidOf(workload) => format!("client, SVID of {workload}"),
            Self::Stranger(Stranger::OtherNamespace) => "client, ns/other's frontend".to_owned(),
            Self::Stranger(Stranger::OtherCa) => "client, another CA".to_owned(),
            Self::Stranger(Stranger::Expired) => "client, expired SVID".to_owned(),
            Self::NoCertificate => "client, no certificate".to_owned(),
            Self::Plaintext => "client, plaintext".to_owned(),
            Self::PlaintextFrom(address) => format!("client, plaintext from {address}"),
        }
    }

    /// The SPIFFE ID that an application behind Envoy must be told of this sender; `None` for a sender
    /// without one.
    #[must_use]
    pub fn spiffe_id(self) -> Option<String> {
        match self {
            Self::Application(workload) | Self::WithSvidOf(workload) => Some(workload.spiffe_id()),
            Self::Stranger(_) | Self::NoCertificate | Self::Plaintext | Self::PlaintextFrom(_) => None,
        }
    }
}

impl Expected {
    /// What must come of it as the table shows it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Allowed { .. } => "200",
            Self::Denied { .. } => "403",
            Self::NoAnswer => "no answer",
        }
    }
}
