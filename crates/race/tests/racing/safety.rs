//! What a race must not let happen does not, and is said.

use crate::pythons::pythons;
use crate::support::{GO_ON, Tree, by, carrying, main, other};
use rightlane_race::{Effect, How, Output, Race, RaceError, Rehearsal, Setup, Status};
use std::fs;
use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::path::PathBuf;

/// Rehearses a program in a tree with `data.txt`; the tree has to be untouched, nothing left.
fn rehearse(text: &str) -> Result<Rehearsal, RaceError> {
    let tree = Tree::new(&[("main.py", text), ("data.txt", "first\n")]);
    tree.rehearse(tree.setup())
}

#[track_caller]
fn refused(result: Result<Rehearsal, RaceError>) -> Effect {
    match result {
        Err(error) if error.is_refused() => error.refused()[0].clone(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn copied(text: &str, effect: &Effect) -> Rehearsal {
    let rehearsal = rehearse(text).unwrap();
    assert!(rehearsal.in_copy, "{rehearsal:?}");
    assert_eq!(rehearsal.status, Status::Code(0), "{}", rehearsal.stderr);
    assert!(
        rehearsal.effects.contains(effect),
        "{:?}",
        rehearsal.effects
    );
    rehearsal
}

#[test]
fn a_file_is_appended_to_in_a_copy() {
    for text in [
        "open('data.txt', 'a').write('more\\n')\nassert open('data.txt').read() == 'first\\nmore\\n'\n",
        "import os\nend = os.open('data.txt', os.O_WRONLY | os.O_APPEND)\nos.write(end, b'more')\n",
        "import pathlib\npathlib.Path('data.txt').write_text('other')\n",
        "import subprocess\nsubprocess.run(['sh', '-c', 'echo more >> data.txt'], check=True)\n",
        "import os\nassert os.system('echo more >> data.txt') == 0\n",
        "import shutil\nopen('new.txt', 'w').write('x')\nshutil.copy('new.txt', 'data.txt')\n",
        "import ctypes\nlibc = ctypes.CDLL(None)\nend = libc.open(b'data.txt', 1)\nassert libc.write(end, b'x', 1) == 1\n",
        "import mmap\nwith open('data.txt', 'r+b') as file, mmap.mmap(file.fileno(), 0) as area:\n    area[0] = 65\n",
    ] {
        copied(text, &Effect::Written("data.txt".into()));
    }
}

#[test]
fn input_is_deleted_in_a_copy() {
    for text in [
        "import os\nos.remove('data.txt')\n",
        "import os\nos.rename('data.txt', 'done.txt')\n",
        "import shutil, os\nos.mkdir('d')\nshutil.move('data.txt', 'd/data.txt')\nshutil.rmtree('d')\n",
        "import subprocess\nsubprocess.run(['rm', 'data.txt'], check=True)\n",
    ] {
        copied(text, &Effect::Deleted("data.txt".into()));
    }
}

#[test]
fn a_database_is_written_in_a_copy() {
    let text = "import sqlite3\nbase = sqlite3.connect('base.db')\nwith base:\n    base.execute('create table t (x)')\nbase.close()\n";
    let rehearsal = copied(text, &Effect::Database("base.db".to_owned()));
    assert!(
        rehearsal
            .effects
            .contains(&Effect::Written("base.db".into()))
    );
    let memory =
        rehearse("import sqlite3\nsqlite3.connect(':memory:').execute('create table t (x)')\n")
            .unwrap();
    assert!(!memory.in_copy && memory.effects.is_empty(), "{memory:?}");
}

#[test]
fn a_server_that_was_there_before_hears_nothing() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let port = server.local_addr().unwrap().port();
    let request = format!(
        "import urllib.request\nurllib.request.urlopen('http://localhost:{port}/', data=b'order', timeout=5)\n"
    );
    let caught = format!(
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', {port})).sendall(b'order')\nexcept BaseException:\n    pass\nprint('went on')\n"
    );
    let asynchronous = format!(
        "import asyncio\nasync def go():\n    _, writer = await asyncio.open_connection('127.0.0.1', {port})\n    writer.write(b'order')\nasyncio.run(go())\n"
    );
    let worker = format!(
        "import socket\nfrom concurrent.futures import ProcessPoolExecutor\ndef task():\n    socket.create_connection(('127.0.0.1', {port}))\nif __name__ == '__main__':\n    with ProcessPoolExecutor(1) as pool:\n        pool.submit(task).exception()\n"
    );
    let child = format!(
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import socket; socket.create_connection((\"127.0.0.1\", {port}))'])\n"
    );
    for text in [request, caught, asynchronous, worker, child] {
        let effect = refused(rehearse(&text));
        assert!(
            effect
                .to_string()
                .contains(&format!("127.0.0.1:{port} (tcp)")),
            "{effect}"
        );
        assert_eq!(
            server.accept().unwrap_err().kind(),
            ErrorKind::WouldBlock,
            "{text}"
        );
    }
}

#[test]
fn a_server_of_its_own_is_the_programs_business() {
    let text = r#"
import http.server, threading, urllib.request
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(len(urllib.request.urlopen(f"http://localhost:{server.server_port}/data.txt").read()))
server.shutdown()
"#;
    let rehearsal = rehearse(text).unwrap();
    assert_eq!(rehearsal.status, Status::Code(0), "{}", rehearsal.stderr);
    assert!(!rehearsal.in_copy);
    assert!(
        matches!(rehearsal.effects[..], [Effect::Server(_)]),
        "{:?}",
        rehearsal.effects
    );
}

#[test]
fn nothing_is_sent_to_another_machine() {
    for (text, peer) in [
        (
            "import socket\nsocket.create_connection(('192.0.2.1', 80))\n",
            "192.0.2.1:80",
        ),
        (
            "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))\n",
            "192.0.2.1:53",
        ),
        (
            "import socket\nsocket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))\n",
            "2001:db8::1:80",
        ),
        (
            "import smtplib\nsmtplib.SMTP('192.0.2.1')\n",
            "192.0.2.1:25",
        ),
    ] {
        assert_eq!(refused(rehearse(text)), Effect::Connects(peer.to_owned()));
    }
}

#[test]
fn commands_that_leave_the_machine_are_not_started() {
    for text in [
        "import subprocess\nsubprocess.run(['curl', 'http://192.0.2.1'])\n",
        "import subprocess\nsubprocess.run('true && git push origin', shell=True)\n",
        "import os\nos.system('echo x | mail -s y z')\n",
        "import os\nos.execvp('ssh', ['ssh', 'host'])\n",
        "import os\nos.posix_spawn('/usr/bin/docker', ['docker', 'run', 'x'], os.environ)\n",
        "import subprocess\nsubprocess.run(['env', 'A=1', 'nohup', 'wget', 'x'])\n",
    ] {
        assert!(
            matches!(refused(rehearse(text)), Effect::Command(_)),
            "{text}"
        );
    }
}

#[test]
fn nothing_is_written_elsewhere() {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let victim = fs::canonicalize(home.path()).unwrap().join("notes.txt");
    fs::write(&victim, "mine").unwrap();
    let path = victim.display();
    for (text, effect) in [
        (
            format!("open({path:?}.strip(), 'a').write('x')"),
            Effect::WrittenOutside(victim.clone()),
        ),
        (
            format!("import os\nos.remove('{path}')"),
            Effect::DeletedOutside(victim.clone()),
        ),
        (
            format!("import os\ntry:\n    os.truncate('{path}', 0)\nexcept OSError:\n    pass"),
            Effect::WrittenOutside(victim.clone()),
        ),
        (
            format!("import os\nos.chmod('{path}', 0o600)"),
            Effect::WrittenOutside(victim.clone()),
        ),
        (
            format!("import os\nos.utime('{path}')"),
            Effect::WrittenOutside(victim.clone()),
        ),
    ] {
        let text = text.replace(&format!("{path:?}.strip()"), &format!("'{path}'"));
        assert_eq!(refused(rehearse(&text)), effect, "{text}");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    }
    // In C and in a shell, Landlock: the write fails.
    for text in [
        format!(
            "import subprocess\nassert subprocess.run(['sh', '-c', 'echo x >> {path}']).returncode != 0\n"
        ),
        format!(
            "import subprocess\nassert subprocess.run(['rm', '-f', '{path}']).returncode != 0\n"
        ),
        format!("import ctypes\nassert ctypes.CDLL(None).open(b'{path}', 1) == -1\n"),
        format!(
            "import ctypes\nassert ctypes.CDLL(None).rename(b'{path}', b'/tmp/moved-by-race') == -1\n"
        ),
    ] {
        let rehearsal = rehearse(&text).unwrap();
        assert_eq!(rehearsal.status, Status::Code(0), "{}", rehearsal.stderr);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    }
}

#[test]
fn the_tree_is_not_written_by_its_own_path_from_the_copy() {
    let tree = Tree::new(&[("main.py", ""), ("data.txt", "first\n")]);
    let data = tree.path("data.txt");
    let python = format!(
        "open('new.txt', 'w')\nopen('{}', 'a').write('x')\n",
        data.display()
    );
    fs::write(tree.path("main.py"), &python).unwrap();
    assert_eq!(
        refused(tree.rehearse(tree.setup())),
        Effect::WrittenOutside(data.clone())
    );
    // Whatever is allowed.
    let allowed = Setup {
        allow_effects: true,
        ..tree.setup()
    };
    assert_eq!(
        refused(tree.rehearse(allowed)),
        Effect::WrittenOutside(data.clone())
    );
    let shell = format!(
        "import subprocess\nassert subprocess.run('echo x >> {}', shell=True).returncode\n",
        data.display()
    );
    fs::write(tree.path("main.py"), &shell).unwrap();
    for allow_effects in [false, true] {
        let setup = Setup {
            allow_effects,
            ..tree.setup()
        };
        let rehearsal = tree.rehearse(setup).unwrap();
        assert_eq!(rehearsal.status, Status::Code(0), "{}", rehearsal.stderr);
    }
}

#[test]
fn wanted_effects_happen() {
    let outside = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = fs::canonicalize(outside.path()).unwrap().join("log.txt");
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let text = format!(
        "import socket\nopen('{}', 'a').write('line')\nsocket.create_connection(('127.0.0.1', {port})).sendall(b'hello')\nopen('data.txt', 'a').write('x')\n",
        file.display()
    );
    let tree = Tree::new(&[("main.py", &text), ("data.txt", "first\n")]);
    let setup = Setup {
        allow_effects: true,
        ..tree.setup()
    };
    let rehearsal = tree.rehearse(setup).unwrap();
    assert_eq!(rehearsal.status, Status::Code(0), "{}", rehearsal.stderr);
    assert!(
        rehearsal
            .effects
            .contains(&Effect::WrittenOutside(file.clone()))
    );
    assert!(
        rehearsal
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Connects(_)))
    );
    assert!(fs::read_to_string(&file).unwrap().starts_with("line"));
    let mut heard = String::new();
    server
        .accept()
        .unwrap()
        .0
        .read_to_string(&mut heard)
        .unwrap();
    assert_eq!(heard, "hello");
}

#[test]
fn other_processes_are_not_signalled() {
    struct Bystander(std::process::Child);
    impl Drop for Bystander {
        fn drop(&mut self) {
            self.0.kill().ok();
            self.0.wait().ok();
        }
    }
    let sleep = std::process::Command::new("sleep").arg("1000").spawn();
    let mut bystander = Bystander(sleep.unwrap());
    let pid = bystander.0.id();
    for text in [
        format!("import os\nos.kill({pid}, 15)\n"),
        format!("import os\ntry:\n    os.kill({pid}, 9)\nexcept BaseException:\n    pass\n"),
        "import os\nos.kill(-1, 15)\n".to_owned(),
    ] {
        assert!(
            matches!(refused(rehearse(&text)), Effect::Signals(_)),
            "{text}"
        );
    }
    // From a shell, Landlock.
    let text = format!(
        "import subprocess\nassert subprocess.run(['sh', '-c', 'kill {pid}']).returncode != 0\n"
    );
    assert_eq!(rehearse(&text).unwrap().status, Status::Code(0));
    assert!(bystander.0.try_wait().unwrap().is_none());
    let own = "import os, signal, subprocess, multiprocessing, time\nchild = multiprocessing.get_context('spawn').Process(target=time.sleep, args=(100,))\nif __name__ == '__main__':\n    child.start()\n    child.terminate()\n    child.join()\n    pid = os.fork()\n    if not pid:\n        os.setsid()\n        time.sleep(100)\n    os.kill(pid, signal.SIGKILL)\n    os.waitpid(pid, 0)\n";
    let rehearsal = rehearse(own).unwrap();
    assert_eq!(rehearsal.status, Status::Code(0), "{}", rehearsal.stderr);
}

#[test]
fn the_error_that_a_program_would_catch_never_comes() {
    let text = "import os\ntry:\n    open('/etc/rightlane-test', 'w')\nexcept BaseException:\n    pass\nprint('went on')\n";
    assert!(matches!(refused(rehearse(text)), Effect::WrittenOutside(_)));
    assert!(!PathBuf::from("/etc/rightlane-test").exists());
}

#[test]
fn workers_of_every_start_method_are_guarded() {
    for python in pythons() {
        for method in ["fork", "spawn", "forkserver"] {
            let text = format!(
                "import multiprocessing, os\nfrom concurrent.futures import ProcessPoolExecutor\ndef task():\n    os.remove('data.txt')\nif __name__ == '__main__':\n    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context('{method}')) as pool:\n        assert pool.submit(task).exception() is None\n"
            );
            let tree = Tree::new(&[("main.py", &text), ("data.txt", "")]);
            let before = tree.state();
            let setup = Setup::new(
                tree.root(),
                tree.root(),
                tree.temporary(),
                &python.path,
                GO_ON,
            );
            let rehearsal = Race::open(setup).unwrap().rehearse(&by(python)).unwrap();
            assert_eq!(rehearsal.status, Status::Code(0), "{}", rehearsal.stderr);
            assert!(
                rehearsal
                    .effects
                    .contains(&Effect::Deleted("data.txt".into())),
                "{} {method}",
                python.name
            );
            assert_eq!(before, tree.state());
        }
    }
}

#[test]
fn programs_that_only_read_are_left_alone() {
    let text = r#"
import sys, os, tempfile, threading, json, logging, subprocess
sys.addaudithook(lambda event, arguments: None)
with open("data.txt") as file:
    print(file.read())
os.makedirs(".", exist_ok=True)
try:
    os.remove("nothing.txt")
except FileNotFoundError:
    print("not there")
with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
    file.write(b"x")
    open(folder + "/x", "w").write("x")
print(subprocess.run(["cat", "data.txt"], capture_output=True, text=True).stdout)
open("/dev/null", "w").write("x")
"#;
    let rehearsal = rehearse(text).unwrap();
    assert_eq!(rehearsal.status, Status::Code(0), "{}", rehearsal.stderr);
    assert!(!rehearsal.in_copy, "{rehearsal:?}");
    assert!(
        matches!(
            rehearsal.effects[..],
            [Effect::Command(_), Effect::TemporaryFiles(_)]
        ),
        "{:?}",
        rehearsal.effects
    );
}

#[test]
fn a_variant_is_guarded_too() {
    let tree = Tree::new(&[("main.py", "print('done')\n")]);
    let before = tree.state();
    let mut race = Race::open(tree.setup()).unwrap();
    race.rehearse(&main()).unwrap();
    race.add(main());
    race.add(other(
        &tree,
        "sends",
        "import socket\nprint('done')\nsocket.create_connection(('192.0.2.1', 80))\n",
    ));
    race.add(other(
        &tree,
        "writes",
        "print('done')\nopen('x.txt', 'w')\n",
    ));
    race.run(&mut |_| ()).unwrap();
    let measured = race.measured();
    assert_eq!(
        measured[1].output,
        Some(Output::Failed(How::Stopped(Effect::Connects(
            "192.0.2.1:80".to_owned()
        ))))
    );
    assert_eq!(
        measured[2].output,
        Some(Output::Failed(How::Stopped(Effect::Written(
            "x.txt".into()
        ))))
    );
    assert_eq!(before, tree.state());
}

#[test]
fn what_a_program_leaves_running_is_ended_and_told() {
    let text = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.closerange(0, 3)\n        os.execve('/bin/sleep', ['sleep', '1000'], {})\n    os._exit(0)\nos.wait()\nprint('done')\n";
    let tree = Tree::new(&[("main.py", text)]);
    let mut race = Race::open(tree.setup()).unwrap();
    let folder = race.folder().to_owned();
    race.rehearse(&main()).unwrap();
    race.add(main());
    race.run(&mut |_| ()).unwrap();
    let measured = race.measured();
    assert!(measured[0].doubts[0].contains("sleep"), "{measured:?}");
    drop(race);
    assert_eq!(carrying(&folder), Vec::<u32>::new());
    assert_eq!(tree.left(), Vec::<PathBuf>::new());
}
