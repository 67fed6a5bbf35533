//! The result of a test notification.

use super::{CommandTrouble, MailTrouble};

/// The result of a test notification on each channel that is set up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tested {
    /// To whom a mail was to be sent, and why it was not.
    pub mail: Option<(String, Result<(), MailTrouble>)>,
    /// Which program was to be run, and why it was not, or not to a good end.
    pub command: Option<(String, Result<(), CommandTrouble>)>,
}

impl Tested {
    /// Whether all went well.
    pub fn is_told(&self) -> bool {
        let mail = self.mail.as_ref().is_none_or(|(_, sent)| sent.is_ok());
        mail && self.command.as_ref().is_none_or(|(_, ran)| ran.is_ok())
    }
}
