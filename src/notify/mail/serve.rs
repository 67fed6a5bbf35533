//! The mailer's side: one order on standard input, one result on standard output.

use super::{MailTrouble, Order, deliver};
use crate::system;
use std::io::{self, BufRead, Read, Write};
use std::thread;

/// A mail takes a hundredth of that. A server that talks without end is to be the end of this
/// process alone.
const MEMORY: u64 = 512 << 20;

/// Sends the mail that is ordered.
///
/// # Errors
/// The order makes no sense, or nobody waits for the result.
pub(crate) fn serve() -> io::Result<()> {
    system::close_inherited(None);
    system::confine(MEMORY);
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let order: Order = serde_json::from_str(&line)?;
    end_with_whoever_ordered()?;
    match deliver(&order) {
        Ok(mut server) => {
            tell(&Ok(()))?;
            // It has the mail, whatever it says to that.
            let _ = server.quit();
            Ok(())
        }
        Err(trouble) => tell(&Err(trouble)),
    }
}

/// Whoever waits for the result keeps standard input open.
fn end_with_whoever_ordered() -> io::Result<()> {
    thread::Builder::new().spawn(|| {
        let mut rest = [0; 64];
        while matches!(io::stdin().lock().read(&mut rest), Ok(1..)) {}
        let _ = system::end(std::process::id(), true);
    })?;
    Ok(())
}

fn tell(result: &Result<(), MailTrouble>) -> io::Result<()> {
    let line = serde_json::to_string(result)? + "\n";
    let mut output = io::stdout().lock();
    output.write_all(line.as_bytes())?;
    output.flush()
}
