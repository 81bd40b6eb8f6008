//! `smtplib` by aiosmtplib, which has the same methods and other exceptions.

use crate::native::change::{Asked, Change};
use crate::native::names::Names;
use rightlane_source::syntax::NodeId;
use rightlane_source::syntax::ast::AnyNodeRef;

pub(super) fn change(name: &str, asked: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    let row = match name.strip_prefix("smtplib.")? {
        "SMTP" => opened(asked, "start_tls=False"),
        "SMTP_SSL" => opened(asked, "use_tls=True"),
        "SMTP.send_message" => called(asked, "[0]", &["from_addr", "to_addrs"]),
        "SMTP.sendmail" => called(asked, "[0]", &["from_addr", "to_addrs", "msg"]),
        "SMTP.login" => called(asked, "", &["user", "password"]),
        "SMTP.starttls" | "SMTP.noop" | "SMTP.quit" => called(asked, "", &[]),
        _ => return None,
    };
    Some(row)
}

fn opened(asked: &Asked<'_, '_, '_>, tail: &str) -> Result<Change, String> {
    let line = asked.names.line(asked.call);
    if !asked.libraries.aiosmtplib {
        return Err(asked.missing("smtplib", "aiosmtplib"));
    }
    asked.only(&["host", "port", "local_hostname", "timeout"])?;
    if asked.call.arguments.find_keyword("host").is_some() || asked.call.arguments.args.is_empty() {
        return Err(format!(
            "only a host that is positional has a twin ({line})"
        ));
    }
    if !asked.in_with_of_its_own("smtplib")? {
        return Err(format!("smtplib has a twin in a `with` only ({line})"));
    }
    if names_exceptions(asked.names) {
        return Err("smtplib's exceptions are named, and aiosmtplib has others".to_owned());
    }
    Ok(Change {
        func: Some("aiosmtplib.SMTP".to_owned()),
        tail: Some(tail.to_owned()),
        keywords: &["hostname", "port", "local_hostname", "timeout"],
        is_plain: true,
        is_context: true,
        imports: vec!["aiosmtplib"],
        changes: vec![
            "mail is sent by aiosmtplib, which raises exceptions of its own instead of smtplib's",
        ],
        ..Change::default()
    })
}

fn called(
    asked: &Asked<'_, '_, '_>,
    attribute: &'static str,
    keywords: &[&str],
) -> Result<Change, String> {
    asked.only(keywords)?;
    Ok(Change {
        attribute,
        ..Change::default()
    })
}

fn names_exceptions(names: &Names<'_, '_>) -> bool {
    names.within(NodeId(0)).any(|node| match node {
        AnyNodeRef::ExprAttribute(attribute) => {
            names.imported_attribute(attribute).is_some_and(|name| {
                name.starts_with("smtplib.SMTP")
                    && name != "smtplib.SMTP"
                    && name != "smtplib.SMTP_SSL"
            })
        }
        _ => false,
    })
}
