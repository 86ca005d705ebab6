//! A case as an HTTP/1.1 request.

use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::http_response::HttpResponse;
use spiffe_authz_policy::RequestDocument;
use spiffe_authz_simulate::Surroundings;

use crate::engines::addresses::Addresses;
use crate::envoy::client::Connection;
use crate::envoy::conformance_listener::read_report;
use crate::envoy::identities::Identities;
use crate::envoy::metadata_headers::MetadataHeaders;
use crate::envoy::plan::Job;
use crate::envoy::tripwire::{CASE_HEADER, Tripwire};
use crate::verdict::{Effect, Verdict};

const ALLOWED: u16 = 200;
const FORBIDDEN: u16 = 403;
/// gRPC's PERMISSION_DENIED, which stands for 403.
const GRPC_FORBIDDEN: &[u8] = b"7";

/// Sends the request of the case, and holds what comes of it against what the filter says about it.
pub(crate) async fn judge(
    job: &Job,
    metadata: &MetadataHeaders,
    identities: &Identities,
    tripwire: &Tripwire,
) -> Result<Verdict, String> {
    let opening = job.opening(Addresses::of(&job.case.request), identities)?;
    let id = job.id();
    let request = http_request(&job.case.request, metadata)?.with_header(CASE_HEADER, id.as_str());
    let response = Connection::open(job.listen, opening)
        .await?
        .send(&request)
        .await?;
    let (report, details) = read_report(&response);
    let verdict = report
        .verdict(details.as_deref())
        .map_err(|error| format!("status {}: {error}", response.status))?;
    let denied = details.is_some()
        && (Surroundings::of(&job.configuration.json).shapes_denials() || is_usual_denial(&response));
    match (verdict.decision, denied, tripwire.arrivals_of(&id)) {
        (Effect::Deny, true, 0) => Ok(verdict),
        (Effect::Allow, false, 1) if response.status == ALLOWED => Ok(verdict),
        (_, _, arrivals) => Err(format!(
            "{verdict}, but status {} and {arrivals} arrivals",
            response.status
        )),
    }
}

fn is_usual_denial(response: &HttpResponse) -> bool {
    response.status == FORBIDDEN || response.header("grpc-status") == Some(GRPC_FORBIDDEN)
}

/// The request as HTTP/1.1. What it lacks cannot be left out there, so such a case does not run.
fn http_request(document: &RequestDocument, metadata: &MetadataHeaders) -> Result<HttpRequest, String> {
    let mut request = HttpRequest::new(document.method().unwrap_or_default(), "");
    request.target = document.path().unwrap_or_default().to_vec();
    request = request.with_header("host", document.host().unwrap_or_default());
    if document.is_grpc() {
        request = request.with_header("content-type", "application/grpc");
    }
    request = document
        .headers()
        .fold(request, |request, (name, value)| request.with_header(name, value));
    let metadata = metadata.headers(document)?.into_iter();
    Ok(metadata.fold(request, |request, (name, value)| {
        request.with_header(&name, value)
    }))
}
