"""A mail server on loopback: keeps each mail as JSON in a folder, and says on which port it is.

Its one argument is JSON: "folder", and if wanted "tls" or "starttls" (certificate and key),
"login" (user and password), "refuse" (what it says to every mail).
"""

import asyncio
import email
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])
count = 0


def keep(name, what):
    path = os.path.join(options["folder"], name)
    with open(path + ".part", "w") as file:
        json.dump(what, file)
    os.rename(path + ".part", path)


def is_secure(server):
    return server.transport.get_extra_info("ssl_object") is not None


class Handler:
    async def handle_DATA(self, server, session, envelope):
        global count
        if "refuse" in options:
            return options["refuse"]
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        count += 1
        keep(f"{count}.mail", {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "user": getattr(session, "user", None),
            "secure": is_secure(server),
            "ascii": envelope.content.isascii(),
            "headers": dict(mail.items()),
            "body": mail.get_content().replace("\r\n", "\n"),
        })
        return "250 kept"


def login(server, session, envelope, mechanism, data):
    user, password = data.login.decode(), data.password.decode()
    if [user, password] == options["login"]:
        session.user = user
        return AuthResult(success=True)
    keep("refused.login", {"secure": is_secure(server)})
    # There are servers that repeat what they did not like.
    return AuthResult(success=False, handled=False, message=f"535 {user} is not '{password}'")


def context(files):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)
    return context


def protocol():
    keys = {}
    if "starttls" in options:
        keys |= {"tls_context": context(options["starttls"]), "require_starttls": True}
    if "login" in options:
        keys |= {"authenticator": login, "auth_required": True}
        keys |= {"auth_require_tls": "starttls" in options}
    return SMTP(Handler(), loop=loop, **keys)


async def serve():
    secure = context(options["tls"]) if "tls" in options else None
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=secure)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Whoever started it has ended, or has seen enough.
    await loop.run_in_executor(None, sys.stdin.read)


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(serve())
os._exit(0)
