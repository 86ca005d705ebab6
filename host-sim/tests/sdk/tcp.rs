//! TCP connections through a plugin.

use spiffe_authz_host_sim::{EndOfStream, PeerType, Plugin, Properties, TcpStream, Unexpected};

use crate::kit::start;

fn connection(plugin: &mut Plugin) -> Result<TcpStream, Unexpected> {
    let mut stream = plugin.tcp_stream(Properties::new());
    stream.new_connection().expect_continue()?;
    Ok(stream)
}

#[test]
fn a_line_goes_on_when_it_is_whole() -> Result<(), Unexpected> {
    let mut stream = connection(&mut start("tcp"))?;
    stream.downstream_data("hel", EndOfStream::No).expect_pause()?;
    assert_eq!(stream.sent_upstream(), b"");
    let outcome = stream.downstream_data("lo\n", EndOfStream::No);
    stream.explain(outcome.expect_continue())?;
    assert_eq!(stream.sent_upstream(), b"HELLO\n");
    Ok(())
}

#[test]
fn a_client_that_says_so_is_hung_up_on() -> Result<(), Unexpected> {
    let mut plugin = start("tcp");
    let mut stream = connection(&mut plugin)?;
    stream
        .downstream_data("quit\n", EndOfStream::No)
        .expect_closed()?;
    assert_eq!(stream.sent_upstream(), b"");
    plugin.expect_logged("downstream closed: Local")?;
    plugin.expect_logged("logged").map(drop)
}

#[test]
fn what_the_upstream_says_is_marked_once() -> Result<(), Unexpected> {
    let mut plugin = start("tcp");
    let mut stream = connection(&mut plugin)?;
    stream.upstream_data("hi ", EndOfStream::No).expect_continue()?;
    stream.upstream_data("there", EndOfStream::No).expect_continue()?;
    assert_eq!(stream.sent_downstream(), b"> hi there");
    stream.close(PeerType::Remote).unwrap();
    plugin.expect_logged("downstream closed: Remote").map(drop)
}
