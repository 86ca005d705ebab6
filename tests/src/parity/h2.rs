//! HTTP/2, by the crate `h2`.

use std::future::poll_fn;

use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::parity::endpoint::{Arrivals, Backstage, Command, End, Endpoint, Shared};
use crate::parity::headers::{Pairs, value};

/// Opens a connection and carries one stream for a client.
pub(crate) async fn client(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    backstage: Backstage,
) {
    let received = backstage.received.clone();
    let _ended = exchange(stream, backstage).await;
    received.broken();
}

/// Serves one connection: each request is an arrival of its own.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, arrivals: Arrivals) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, respond))) = connection.accept().await {
        let (endpoint, backstage) = Endpoint::new();
        backstage.received.lock().headers = Some(request_pairs(&request));
        arrivals.push(endpoint);
        tokio::spawn(answer(request.into_body(), respond, backstage));
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    mut backstage: Backstage,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (requests, connection) = h2::client::handshake(stream).await?;
    let connection = tokio::spawn(connection);
    let mut requests = requests.ready().await?;
    let Some(Command::Headers { pairs, end }) = backstage.commands.recv().await else {
        return Ok(());
    };
    let (response, body) = requests.send_request(request(&pairs)?, end)?;
    let received = backstage.received.clone();
    let reading = async {
        let response = response.await?;
        received.lock().headers = Some(response_pairs(&response));
        read(response.into_body(), &received).await
    };
    let (read, ()) = tokio::join!(settled(reading, &received), write(body, backstage));
    drop(requests);
    connection.abort();
    Ok(read?)
}

/// Notes how the reading ended.
async fn settled(
    reading: impl Future<Output = Result<(), h2::Error>>,
    received: &Shared,
) -> Result<(), h2::Error> {
    let read = reading.await;
    let mut received = received.lock();
    received.end = match read {
        Ok(()) => End::Complete,
        Err(_) => End::Broken,
    };
    read
}

async fn answer(body: RecvStream, mut respond: h2::server::SendResponse<Bytes>, mut backstage: Backstage) {
    let received = backstage.received.clone();
    let writing = async {
        while let Some(command) = backstage.commands.recv().await {
            match command {
                Command::Headers { pairs, end } => {
                    let Ok(response) = response(&pairs) else { return };
                    let Ok(body) = respond.send_response(response, end) else {
                        return;
                    };
                    return write(body, backstage).await;
                }
                Command::Break => return respond.send_reset(Reason::INTERNAL_ERROR),
                Command::Body { .. } | Command::Trailers(_) => {}
            }
        }
    };
    let (_read, ()) = tokio::join!(settled(read(body, &received), &received), writing);
}

async fn read(mut body: RecvStream, received: &Shared) -> Result<(), h2::Error> {
    while let Some(bytes) = body.data().await {
        let bytes = bytes?;
        body.flow_control().release_capacity(bytes.len())?;
        received.lock().body.extend_from_slice(&bytes);
    }
    if let Some(trailers) = body.trailers().await? {
        received.lock().trailers = Some(pairs(&trailers));
    }
    Ok(())
}

/// Carries out what is told until the stream is gone.
async fn write(mut body: SendStream<Bytes>, mut backstage: Backstage) {
    loop {
        let command = tokio::select! {
            command = backstage.commands.recv() => command,
            _ = poll_fn(|context| body.poll_reset(context)) => return,
        };
        let sent = match command {
            Some(Command::Body { bytes, end }) => body.send_data(bytes.into(), end),
            Some(Command::Trailers(pairs)) => match header_map(&pairs) {
                Ok(trailers) => body.send_trailers(trailers),
                Err(_) => return,
            },
            Some(Command::Break) => {
                body.send_reset(Reason::CANCEL);
                return;
            }
            Some(Command::Headers { .. }) => Ok(()),
            None => return,
        };
        if sent.is_err() {
            return;
        }
    }
}

fn request(pairs: &Pairs) -> Result<Request<()>, http::Error> {
    let text = |name| String::from_utf8_lossy(value(pairs, name).unwrap_or_default()).into_owned();
    let mut request = Request::builder()
        .method(text(":method").as_str())
        .uri(format!(
            "{}://{}{}",
            text(":scheme"),
            text(":authority"),
            text(":path")
        ))
        .body(())?;
    *request.headers_mut() = header_map(pairs)?;
    Ok(request)
}

fn response(pairs: &Pairs) -> Result<Response<()>, http::Error> {
    let mut response = Response::builder()
        .status(value(pairs, ":status").unwrap_or_default())
        .body(())?;
    *response.headers_mut() = header_map(pairs)?;
    Ok(response)
}

fn header_map(pairs: &Pairs) -> Result<HeaderMap, http::Error> {
    let regular = pairs.iter().filter(|(name, _)| !name.starts_with(':'));
    let mut map = HeaderMap::new();
    for (name, value) in regular {
        map.append(
            HeaderName::from_bytes(name.as_bytes())?,
            HeaderValue::from_bytes(value)?,
        );
    }
    Ok(map)
}

fn request_pairs(request: &Request<RecvStream>) -> Pairs {
    let uri = request.uri();
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let pseudo = [
        (":method", request.method().as_str()),
        (":path", path),
        (":authority", authority),
    ];
    let pseudo = pseudo.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    pseudo.into_iter().chain(pairs(request.headers())).collect()
}

fn response_pairs(response: &Response<RecvStream>) -> Pairs {
    let status = (
        ":status".to_owned(),
        response.status().as_str().as_bytes().to_vec(),
    );
    [vec![status], pairs(response.headers())].concat()
}

fn pairs(map: &HeaderMap) -> Pairs {
    map.iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect()
}
