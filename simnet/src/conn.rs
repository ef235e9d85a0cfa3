//! One connection of a node, and what its session says.

use brontide::LocalSigner;
use conn_worker::{
    EndReason, Session,
    bytes::BytesMut,
    pool::{ConnId, Input as PoolInput},
    session::{Event, Input, Output},
};
use lnwire::{Instant, Message};

use super::net::SocketId;

/// A socket and its session, and how far the numbered messages have come.
#[derive(Debug)]
pub(super) struct Conn {
    pub(super) socket: SocketId,
    pub(super) session: Session,
    pub(super) received: BytesMut,
    pub(super) to_write: BytesMut,
    /// The peer's number: what the next message has to say.
    pub(super) expected: u64,
    pub(super) sent: u64,
    pub(super) was_up: bool,
}

/// The type of the application's messages: odd, and nobody else's.
pub(super) const NUMBERED: u16 = 40_001;

impl Conn {
    /// Does what the session wants done; returns why it is over, if it is.
    pub(super) fn drain(
        &mut self,
        now: Instant,
        conn: ConnId,
        signer: &LocalSigner,
        news: &mut Vec<PoolInput>,
        received: &mut u64,
    ) -> Option<EndReason> {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Ecdh(point) => {
                    let secret = signer.ecdh(&point);
                    self.session.handle_input(now, Input::Ecdh(secret));
                    self.session.handle_bytes(now, &mut self.received);
                }
                Output::Event(Event::Authenticated { peer }) => {
                    news.push(PoolInput::Authenticated { conn, peer });
                }
                Output::Event(Event::Up { .. }) => {
                    self.was_up = true;
                    news.push(PoolInput::Up { conn });
                }
                Output::Event(Event::Heard) => news.push(PoolInput::Heard { conn }),
                Output::Message(Message::Unknown(message)) if message.msg_type() == NUMBERED => {
                    let number = message.as_bytes().get(2..10);
                    let number = number.and_then(|bytes| bytes.try_into().ok());
                    let number = number.map(u64::from_be_bytes);
                    assert_eq!(number, Some(self.expected), "a message is missing");
                    self.expected += 1;
                    *received += 1;
                }
                Output::Message(_) | Output::Store(_) | Output::Event(_) => {}
                Output::Close(reason) => return Some(reason),
            }
            // More may wait behind a pause.
            self.session.handle_bytes(now, &mut self.received);
        }
        None
    }
}
