//! The service behind everybody: it answers what the load asks for at once, from memory.

use std::io;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::wire::{Wire, field, length, server};
use super::work::{ITEM, OBJECT, pattern};

/// Serves until standard input ends; says where, and whom to trust.
pub(super) fn play() -> io::Result<()> {
    let (pem, config) = server();
    super::serve(
        async |listener| listen(listener, TlsAcceptor::from(config)).await,
        |address| serde_json::json!({ "address": address, "ca_pem": pem }),
    )
}

async fn listen(listener: TcpListener, acceptor: TlsAcceptor) {
    let replies: &'static [Vec<u8>; 2] = Box::leak(Box::new([reply(ITEM.into()), reply(pattern(0, OBJECT))]));
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            if let Ok(stream) = acceptor.accept(stream).await {
                // A peer that leaves has ended its connection, no more.
                let _ = converse(Wire::new(stream), replies).await;
            }
        });
    }
}

async fn converse<S>(mut wire: Wire<S>, replies: &[Vec<u8>; 2]) -> io::Result<()>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let [item, object] = replies;
    while let Some(head) = wire.head().await? {
        wire.body(length(&head), |_| ()).await?;
        if head.starts_with(b"GET ") {
            wire.stream.write_all(object).await?;
        } else {
            // Whose signature came is told with every item.
            let signed = field(&head, "authorization").unwrap_or_default();
            let key = signed.split_once("Credential=").and_then(|(_, rest)| rest.split('/').next());
            let told = format!("{STATUS}x-saw: {}\r\n", key.unwrap_or("nobody"));
            wire.stream.write_all(&[told.as_bytes(), &item[STATUS.len()..]].concat()).await?;
        }
        wire.stream.flush().await?;
    }
    Ok(())
}

const STATUS: &str = "HTTP/1.1 200 OK\r\n";

fn reply(body: Vec<u8>) -> Vec<u8> {
    let head = format!(
        "{STATUS}x-amzn-requestid: 4F1B1C1D\r\ncontent-type: application/x-amz-json-1.0\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}
