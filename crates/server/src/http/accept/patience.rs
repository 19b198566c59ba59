//! A connection that does not wait for ever for its client to take what it is sent.
//!
//! Whoever opens a stream and never reads it would otherwise hold its place, and a stop, for as long as it likes: its window is
//! full, nothing more can be written, and nothing ever fails.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// How long a client may take nothing of what waits for it.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    /// Usually.
    pub(super) limit: Duration,
    /// Once stopping has begun.
    pub(super) limit_stopping: Duration,
    /// Stopping has begun.
    pub(super) stopping: CancellationToken,
}

impl Patience {
    async fn end(self) {
        let stopped = async {
            self.stopping.cancelled().await;
            sleep(self.limit_stopping).await;
        };
        tokio::select! {
            () = sleep(self.limit) => {}
            () = stopped => {}
        }
    }
}

/// A connection whose writes fail when nothing was taken for as long as patience lasts.
pub(super) struct Patient<S> {
    stream: S,
    patience: Patience,
    /// Runs while a write waits.
    ending: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, patience: Patience) -> Self {
        Self { stream, patience, ending: None }
    }

    /// What a write came to; while it waits, whether to wait on.
    fn judge<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.ending = None;
            return written;
        }
        let patience = &self.patience;
        let ending = self.ending.get_or_insert_with(|| Box::pin(patience.clone().end()));
        ready!(ending.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.judge(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
