//! Why somebody was not told.

use super::Message;
use crate::notify::Tested;
use crate::notify::{CommandTrouble, MailTrouble};
use crate::render::messages::{Messages, keys, text};
use crate::render::text::seconds;

pub(super) fn message(tested: &Tested, messages: &Messages) -> Message {
    let mut details = Vec::new();
    let mut hints = Vec::new();
    if let Some((to, sent)) = &tested.mail {
        let to = to.as_str();
        details.push(match sent {
            Ok(()) => text!(messages, "error-not-told.mailed", to = to),
            Err(trouble) => {
                let (why, hint) = of_mail(trouble, messages);
                hints.push(hint);
                text!(messages, "error-not-told.mail", to = to, why = why)
            }
        });
    }
    if let Some((program, ran)) = &tested.command {
        let program = program.as_str();
        details.push(match ran {
            Ok(()) => text!(messages, "error-not-told.ran", program = program),
            Err(trouble) => {
                let (why, hint) = of_command(trouble, messages);
                hints.push(hint);
                text!(
                    messages,
                    "error-not-told.command",
                    program = program,
                    why = why
                )
            }
        });
    }
    hints.push(text!(messages, "error-not-told.hint"));
    Message {
        headline: text!(messages, "error-not-told"),
        details,
        hint: hints.join("\n"),
    }
}

fn of_mail(trouble: &MailTrouble, messages: &Messages) -> (String, String) {
    let (keys, place, why) = match trouble {
        MailTrouble::Address { text, why } => (keys!("mail-address", place, why), text, why),
        MailTrouble::Password { place, why } => (keys!("mail-password", place, why), place, why),
        MailTrouble::Authorities { place, why } => {
            (keys!("mail-authorities", place, why), place, why)
        }
        MailTrouble::Unreachable { server, why } => {
            (keys!("mail-unreachable", place, why), server, why)
        }
        MailTrouble::Late { server, within } => {
            (keys!("mail-late", place, why), server, &seconds(*within))
        }
        MailTrouble::Tls { server, why } => (keys!("mail-tls", place, why), server, why),
        MailTrouble::Login { server, why } => (keys!("mail-login", place, why), server, why),
        MailTrouble::BrokeOff { server, why } => (keys!("mail-broke-off", place, why), server, why),
        MailTrouble::Refused { server, why } => (keys!("mail-refused", place, why), server, why),
    };
    let values = [
        ("place", place.as_str().into()),
        ("why", why.as_str().into()),
    ];
    (
        messages.format(keys.headline, &values),
        messages.plain(keys.hint),
    )
}

fn of_command(trouble: &CommandTrouble, messages: &Messages) -> (String, String) {
    let (keys, ended, why) = match trouble {
        CommandTrouble::NotStarted(why) => (keys!("command-not-started", why), "", why),
        CommandTrouble::Failed { ended, said } => {
            (keys!("command-failed", ended, why), ended.as_str(), said)
        }
        CommandTrouble::Late(within) => (keys!("command-late", why), "", &seconds(*within)),
    };
    let values = [("ended", ended.into()), ("why", why.as_str().into())];
    (
        messages.format(keys.headline, &values),
        messages.plain(keys.hint),
    )
}
