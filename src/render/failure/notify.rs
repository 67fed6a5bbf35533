//! Why somebody was not told.

use super::Message;
use crate::notify::{CommandTrouble, MailTrouble};
use crate::outcome::Tested;
use crate::render::text::seconds;
use crate::render::words::Words;

pub(super) fn message(tested: &Tested, words: &Words) -> Message {
    let mut details = Vec::new();
    let mut hints = Vec::new();
    if let Some((to, sent)) = &tested.mail {
        let to = ("to", to.as_str().into());
        details.push(match sent {
            Ok(()) => words.say("error-not-told.mailed", [to]),
            Err(trouble) => {
                let (why, hint) = of_mail(trouble, words);
                hints.push(hint);
                words.say("error-not-told.mail", [to, ("why", why.into())])
            }
        });
    }
    if let Some((program, ran)) = &tested.command {
        let program = ("program", program.as_str().into());
        details.push(match ran {
            Ok(()) => words.say("error-not-told.ran", [program]),
            Err(trouble) => {
                let (why, hint) = of_command(trouble, words);
                hints.push(hint);
                words.say("error-not-told.command", [program, ("why", why.into())])
            }
        });
    }
    hints.push(words.text("error-not-told.hint"));
    Message {
        headline: words.text("error-not-told"),
        details,
        hint: hints.join("\n"),
    }
}

fn of_mail(trouble: &MailTrouble, words: &Words) -> (String, String) {
    let (key, place, why) = match trouble {
        MailTrouble::Address { text, why } => ("mail-address", text, why),
        MailTrouble::Password { place, why } => ("mail-password", place, why),
        MailTrouble::Authorities { place, why } => ("mail-authorities", place, why),
        MailTrouble::Unreachable { server, why } => ("mail-unreachable", server, why),
        MailTrouble::Late { server, within } => ("mail-late", server, &seconds(*within)),
        MailTrouble::Tls { server, why } => ("mail-tls", server, why),
        MailTrouble::Login { server, why } => ("mail-login", server, why),
        MailTrouble::BrokeOff { server, why } => ("mail-broke-off", server, why),
        MailTrouble::Refused { server, why } => ("mail-refused", server, why),
    };
    let values = [
        ("place", place.as_str().into()),
        ("why", why.as_str().into()),
    ];
    (words.say(key, values), words.text(&format!("{key}.hint")))
}

fn of_command(trouble: &CommandTrouble, words: &Words) -> (String, String) {
    let (key, ended, why) = match trouble {
        CommandTrouble::NotStarted(why) => ("command-not-started", "", why),
        CommandTrouble::Failed { ended, said } => ("command-failed", ended.as_str(), said),
        CommandTrouble::Late(within) => ("command-late", "", &seconds(*within)),
    };
    let values = [("ended", ended.into()), ("why", why.as_str().into())];
    (words.say(key, values), words.text(&format!("{key}.hint")))
}
