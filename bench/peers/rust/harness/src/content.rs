//! What a message holds, and the look at it where it arrives; ../../README.md, "Content".

const COUNTER_BYTES: usize = 8;
const WHOLE_EVERY: u64 = 16;

pub struct Content {
    bytes: Vec<u8>,
}

impl Content {
    pub fn new(size: usize) -> Self {
        let bytes = (0..size).map(|i| (i * 131 + (i >> 8) * 29 + 7) as u8).collect();
        Self { bytes }
    }

    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The message of that number; until the next call.
    pub fn message(&mut self, number: u64) -> &[u8] {
        self.bytes[..COUNTER_BYTES].copy_from_slice(&number.to_le_bytes());
        &self.bytes
    }

    pub fn is_message(&self, message: &[u8], number: u64) -> bool {
        if message.len() != self.bytes.len() || message[..COUNTER_BYTES] != number.to_le_bytes() {
            return false;
        }
        if number % WHOLE_EVERY == 0 {
            return message[COUNTER_BYTES..] == self.bytes[COUNTER_BYTES..];
        }
        let places = (message.len() - 2 * COUNTER_BYTES + 1) as u64;
        let at = COUNTER_BYTES + (number * 131 % places) as usize;
        message[at..at + COUNTER_BYTES] == self.bytes[at..at + COUNTER_BYTES]
    }
}
