//! The section `svid`, compiled: it must ask for nothing that the profile, the workload or the proxy cannot give.

use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::config::svid::{RawDenied, RawSvid};
use crate::denied::DeniedPeers;
use crate::profile::Profile;
use crate::svid_settings::{RequiredSvid, SvidSettings};
use crate::workload::Workload;

/// Compiles the section; `workload` is the guarded one, where one is known.
pub(crate) fn compile_svid(
    svid: RawSvid,
    profile: Profile,
    workload: Option<&Workload>,
    problems: &mut Problems,
) -> SvidSettings {
    let at = FieldPath::Root.field("svid");
    note_profile(&svid, profile, &at, problems);
    note_workload(&svid, workload, &at, problems);
    note_unreadable(&svid, &at.field("denied"), problems);
    let RawSvid {
        required,
        peer_principal_key,
        denied,
    } = svid;
    let RawDenied {
        spiffe_ids,
        serial_numbers,
        sha256_digests,
    } = denied;
    SvidSettings {
        required: required.unwrap_or(RequiredSvid::Full),
        peer_principal_key,
        denied: DeniedPeers::new(values(spiffe_ids), values(serial_numbers), values(sha256_digests)),
    }
}

fn values<T>(listed: Listed<T>) -> impl Iterator<Item = T> {
    listed.into_iter().map(|(_, value)| value)
}

fn note_profile(svid: &RawSvid, profile: Profile, at: &FieldPath<'_>, problems: &mut Problems) {
    match profile {
        Profile::Istio if svid.required.is_some() => {
            let why = "profile istio takes the first URI SAN that Envoy reports and asks for nothing more: leave it out";
            problems.add(&at.field("required"), ConfigErrorKind::Conflict(why));
        }
        Profile::Istio | Profile::ZeroTrust => {}
    }
}

/// Elsewhere mTLS ends at the proxy itself (S-1), and whatever stands in a filter state is not the peer.
fn note_workload(svid: &RawSvid, workload: Option<&Workload>, at: &FieldPath<'_>, problems: &mut Problems) {
    let Some(workload) = workload else {
        return;
    };
    let has_listener_in_front = workload.gateway().is_some() || workload.waypoint.is_some();
    if svid.peer_principal_key.is_some() && !has_listener_in_front {
        let why = "only a gateway or a waypoint has its peers handed on by another listener";
        problems.add(&at.field("peerPrincipalKey"), ConfigErrorKind::Conflict(why));
    }
}

/// What is not shown cannot be looked up.
fn note_unreadable(svid: &RawSvid, at: &FieldPath<'_>, problems: &mut Problems) {
    let RawDenied {
        spiffe_ids: _,
        serial_numbers,
        sha256_digests,
    } = &svid.denied;
    if svid.peer_principal_key.is_some() {
        let why = "a peer that is handed on (`peerPrincipalKey`) shows its SPIFFE ID alone";
        note_given(serial_numbers, &at.field("serialNumbers"), why, problems);
        note_given(sha256_digests, &at.field("sha256Digests"), why, problems);
    }
    if svid.required == Some(RequiredSvid::Uri) {
        let why = "a serial number is read from the certificate, which `required: uri` does without";
        note_given(serial_numbers, &at.field("serialNumbers"), why, problems);
    }
}

fn note_given<T>(listed: &Listed<T>, at: &FieldPath<'_>, why: &'static str, problems: &mut Problems) {
    if !listed.is_empty() {
        problems.add(at, ConfigErrorKind::Conflict(why));
    }
}
