//! Bytes both ways, untouched and counted.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use awsaccess::partition::HostName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

use super::{Way, hello};
use crate::pass::{Pass, REVOKED};
use crate::sink::Entry;

/// Carries a tunnel once its first bytes are what they must be. The limits are those of the first message and of pauses.
pub(crate) async fn carry_checked<C>(
    mut client: C,
    way: Way,
    host: &HostName,
    mut entry: Entry,
    (limit, idle): (Duration, Duration),
    pass: &Arc<Pass>,
) where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let Way { mut road, inside } = way;
    match hello::read(&mut client, host, inside, limit).await {
        Ok(first) => {
            if let Err(error) = road.write_all(&first).await {
                return entry.failed("tunnel-broken", &error.to_string());
            }
            entry.answered(200);
            carry(client, road, first.len() as u64, entry, idle, pass).await;
        }
        Err(refused) => {
            entry.answered(200);
            entry.failed(refused.error, &refused.reason);
        }
    }
}

/// How it ended.
enum End {
    Over(io::Result<()>, io::Result<()>),
    Idle,
    Revoked,
}

/// Passes bytes both ways until both sides have ended, nothing came for a while, or it is ended from outside. `sent` bytes
/// have gone up already.
pub(crate) async fn carry<C, S>(
    client: C,
    server: S,
    sent: u64,
    mut entry: Entry,
    idle: Duration,
    pass: &Arc<Pass>,
) where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (client_read, client_write) = tokio::io::split(client);
    let (server_read, server_write) = tokio::io::split(server);
    let alive = Notify::new();
    let (up, down) = (AtomicU64::new(sent), AtomicU64::new(0));
    let ended = {
        let both = pin!(async {
            tokio::join!(
                copy(client_read, server_write, &up, &alive),
                copy(server_read, client_write, &down, &alive)
            )
        });
        let silence = pin!(async { while tokio::time::timeout(idle, alive.notified()).await.is_ok() {} });
        tokio::select! {
            biased;
            () = pass.ended() => End::Revoked,
            (up, down) = both => End::Over(up, down),
            () = silence => End::Idle,
        }
    };
    entry.record.bytes_in = up.load(Ordering::Relaxed);
    entry.record.bytes_out = down.load(Ordering::Relaxed);
    match ended {
        End::Over(Err(error), _) | End::Over(_, Err(error)) => {
            entry.failed("tunnel-broken", &error.to_string())
        }
        End::Over(Ok(()), Ok(())) => {}
        End::Idle => entry.failed("tunnel-idle", "nothing came for too long"),
        End::Revoked => entry.failed(REVOKED.0, REVOKED.1),
    }
}

async fn copy<R, W>(mut from: R, mut to: W, count: &AtomicU64, alive: &Notify) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; 16 << 10];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(buffer.get(..read).unwrap_or_default()).await?;
        to.flush().await?;
        count.fetch_add(read as u64, Ordering::Relaxed);
        alive.notify_one();
    }
}
