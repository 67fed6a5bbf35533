//! `--test-notification`: one now, to see whether it comes.

use crate::error::Error;
use crate::manager::Manager;
use crate::notify::Tested;
use crate::notify::{Context, Notice, Words, send_now};

impl Manager {
    /// Tells that this is a test, by every way that is set up.
    ///
    /// # Errors
    /// None is set up, or somebody else could have, or by some of them it did not come.
    pub(crate) fn test_notification(&self, words: Words) -> Result<Tested, Error> {
        let set_up = self.config.notification.as_ref();
        let set_up = set_up.filter(|set_up| set_up.mail.is_some() || !set_up.command.is_empty());
        let notification = set_up.ok_or(Error::NoNotification)?;
        self.check_trust()?;
        let context = Context::new(self.clone(), words);
        let tested = send_now(notification, &Notice::Test, &context);
        match tested.is_told() {
            true => Ok(tested),
            false => Err(Error::NotTold(Box::new(tested))),
        }
    }
}
