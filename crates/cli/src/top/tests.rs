//! The screen as people use it: keys in, picture out.

use super::draw::draw;
use super::keys::{Act, press};
use super::made_up::{process, shop, thread, view};
use super::state::{Life, Top};
use super::style::Palette;
use super::{batch, rows::Row};
use expect_test::{Expect, expect};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::{Color, Modifier};
use rightlane_facts::{LiveView, Outcome, PythonBuild, WaitCause};
use std::time::Duration;

fn showing(view: LiveView) -> Top {
    let mut top = Top::new("app.py".to_owned(), Duration::from_secs(1));
    top.see(Some(view), None);
    top
}

/// Draws on a screen of this size.
fn screen(top: &mut Top, width: u16, height: u16, color: bool) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    let look = Palette::new(color);
    terminal
        .draw(|frame| draw(frame, top, look))
        .expect("a picture");
    terminal.backend().clone()
}

/// The picture as text, without the space at the right.
fn picture(top: &mut Top, width: u16, height: u16) -> String {
    let screen = screen(top, width, height, false);
    let buffer = screen.buffer();
    let mut text = String::new();
    for y in 0..height {
        let mut line = String::new();
        let mut hidden = 0;
        for x in 0..width {
            let symbol = buffer[(x, y)].symbol();
            // The second cell of a wide character holds nothing of its own.
            if hidden == 0 {
                line.push_str(symbol);
                hidden = super::text::width(symbol).saturating_sub(1);
            } else {
                hidden -= 1;
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn check(top: &mut Top, width: u16, height: u16, expected: &Expect) {
    expected.assert_eq(&picture(top, width, height));
}

fn hit(top: &mut Top, code: KeyCode) -> Act {
    press(top, KeyEvent::new(code, KeyModifiers::NONE))
}

fn typed(top: &mut Top, text: &str) {
    for letter in text.chars() {
        assert_eq!(hit(top, KeyCode::Char(letter)), Act::Stay);
    }
}

fn tids(top: &Top) -> Vec<i32> {
    let keys = top.rows.iter().filter_map(Row::key);
    keys.map(|key| key.tid).collect()
}

fn selected(top: &Top) -> i32 {
    top.selected().and_then(Row::key).expect("a row").tid
}

#[test]
fn a_wide_screen_says_what_each_thread_waits_for_and_where() {
    check(
        &mut showing(shop()),
        120,
        16,
        &expect![[r#"
            app.py  pid 100  Python 3.13  observed 13s
            CPU 0.97 cores  memory 41 MB  6 threads  100 looks/s cost 1.3 % of a core
            GIL held 93 %  1 thread waits for it  worker_0 70 %  worker_1 20 %  MainThread 2 %  fetcher 1 %
            |python 12 %--|---|-|GIL 17 %-----------|socket 16 %--------|lock 33 %------------------------------|sleep 17 %---------
            all threads:  lock 33 %  GIL 17 %  sleep 17 %  socket 16 %  python 12 %  native 3 %  cpu queue 2 %
                TID NAME              STATE       FOR  GIL% CPU%▼ WAITS FOR                     WHERE
                101 worker_0          python     1.5s    70    70                               work.py:10 work
                102 worker_1          GIL        1.5s    20    20 held mostly by worker_0 70 %  work.py:10 work
                100 MainThread        lock       1.5s     2     2 the end of worker_0           main.py:88 main
                103 fetcher           socket     1.5s     1     1 receive from 10.0.0.17:5432   db.py:203 Connection.query
                104 処理 [2Jスレッド  lock       2m05     ·     · RLock: worker_1 cache.py:31   work.py:10 work
                105 -                 sleep      1.5s     ·     ·                               work.py:10 work



            q quit  ? help  Enter details  / filter  <> sort  i idle  g group  c state  p pause                             every 1s
        "#]],
    );
}

#[test]
fn eighty_columns_keep_the_columns_and_shorten_the_texts() {
    check(
        &mut showing(shop()),
        80,
        14,
        &expect![[r#"
        app.py  pid 100  Python 3.13  observed 13s
        GIL held 93 %  1 thread waits for it  worker_0 70 %  worker_1 20 %
        |python---|--||GIL 17 %----|socket 16 %-|lock 33 %-----------------|sleep 17 %--
        all threads:  lock 33 %  GIL 17 %  sleep 17 %  socket 16 %  python 12 %
            TID NAME       STATE       FOR  GIL% CPU%▼ WAITS FOR        WHERE
            101 worker_0   python     1.5s    70    70                  work.py:10 work
            102 worker_1   GIL        1.5s    20    20 worker_0 70 %    work.py:10 work
            100 MainThread lock       1.5s     2     2 end of worker_0  main.py:88 main
            103 fetcher    socket     1.5s     1     1 10.0.0.17:5432   db.py:203 query
            104 処理 [2J…  lock       2m05     ·     · RLock: worker_1  work.py:10 work
            105 -          sleep      1.5s     ·     ·                  work.py:10 work


        q quit  ? help  Enter details  / filter  <> sort  i idle  g group  c state
    "#]],
    );
}

#[test]
fn forty_columns_keep_what_tells_most() {
    check(
        &mut showing(shop()),
        40,
        10,
        &expect![[r#"
        app.py  pid 100  Python 3.13
        |----|||GIL---|-----|lock 33 %---|sleep-
        lock 33 %  GIL 17 %  sleep 17 %
        NAME       STATE     CPU%▼ WHERE
        worker_0   python       70 work:10
        worker_1   GIL          20 work:10
        MainThread lock          2 main:88
        fetcher    socket        1 query:203
        処理 [2J…  lock          · work:10
        q quit  ? help  Enter details  / filter
    "#]],
    );
}

#[test]
fn details_show_the_stack_the_times_and_the_wait() {
    let mut top = showing(shop());
    typed(&mut top, "/fetch");
    hit(&mut top, KeyCode::Enter);
    hit(&mut top, KeyCode::Enter);
    check(
        &mut top,
        80,
        20,
        &expect![[r#"
            app.py  pid 100  Python 3.13  observed 13s
            CPU 0.97 cores  memory 41 MB  6 threads  100 looks/s cost 1.3 % of a core
            GIL held 93 %  1 thread waits for it  worker_0 70 %  worker_1 20 %
            ||socket 99 %-------------------------------------------------------------------
            shown threads:  socket 99 %  python 1 %
                TID NAME       STATE       FOR  GIL% CPU%▼ WAITS FOR        WHERE
                103 fetcher    socket     1.5s     1     1 10.0.0.17:5432   db.py:203 query
            ── details ─────────────────────────────────────────────────────────────────────
            fetcher  tid 103  pid 100  python app.py
            waiting for sockets for 1.5s: receive from 10.0.0.17:5432
              waiting for sockets  99 % ██████████████████████████████████████████████████
              Python code           1 % █
            stack, innermost first
              SocketIO.readinto  /usr/lib/python3.13/socket.py:719
              Connection.query  /app/db.py:203




            /fetch  q quit  ? help  Enter details  / filter  <> sort  i idle  g group
        "#]],
    );
}

#[test]
fn help_lies_over_the_table_and_any_key_closes_it() {
    let mut top = showing(shop());
    typed(&mut top, "?");
    assert!(picture(&mut top, 80, 24).contains("pause the picture"));
    typed(&mut top, "x");
    assert!(!picture(&mut top, 80, 24).contains("pause the picture"));
}

#[test]
fn no_size_of_the_screen_is_too_small_or_too_large() {
    let mut top = showing(shop());
    for keys in ["", "g", "?"] {
        typed(&mut top, keys);
        hit(&mut top, KeyCode::Enter);
        for (width, height) in [(1, 1), (10, 3), (12, 5), (25, 7), (40, 12), (300, 120)] {
            picture(&mut top, width, height);
        }
    }
}

#[test]
fn text_of_the_program_cannot_reach_the_terminal_raw() {
    let mut top = showing(shop());
    let shown = picture(&mut top, 160, 20) + &batch::table(&top, 160);
    let raw = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
    assert!(!shown.contains(raw), "{shown}");
    assert!(shown.contains("処理 [2Jスレッド"), "{shown}");
}

#[test]
fn without_colour_no_cell_has_one_and_with_it_the_bar_does() {
    let colors = |color| {
        let screen = screen(&mut showing(shop()), 100, 20, color);
        let cells = screen.buffer().content().iter();
        let colored = cells.filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
        colored.count()
    };
    assert_eq!(colors(false), 0);
    assert!(colors(true) > 50);
}

#[test]
fn the_selection_follows_its_thread() {
    let mut top = showing(shop());
    assert_eq!(tids(&top), [101, 102, 100, 103, 104, 105]);
    hit(&mut top, KeyCode::Down);
    assert_eq!(selected(&top), 102);
    typed(&mut top, "r");
    assert_eq!(tids(&top), [104, 105, 103, 100, 102, 101]);
    assert_eq!(selected(&top), 102);
    let mut gone = shop();
    gone.processes[0].threads.retain(|thread| thread.tid != 102);
    top.see(Some(gone), None);
    assert_eq!(selected(&top), 101, "the next one moves into its place");
    top.see(Some(shop()), None);
    assert_eq!(
        selected(&top),
        102,
        "it is followed again when it is seen again"
    );
}

#[test]
fn until_a_thread_is_chosen_the_first_row_stays_selected() {
    let mut top = showing(shop());
    typed(&mut top, "r");
    assert_eq!(selected(&top), 104);
    hit(&mut top, KeyCode::End);
    hit(&mut top, KeyCode::Home);
    typed(&mut top, "r");
    assert_eq!(selected(&top), 101);
}

#[test]
fn the_selected_row_is_always_on_the_screen() {
    let pool = (0..500).map(|tid| thread(tid, &format!("w-{tid}"), &[(WaitCause::Lock, 1.0)]));
    let mut top = showing(view(vec![process(1, pool.collect())]));
    for key in [
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::Up,
        KeyCode::Home,
        KeyCode::PageDown,
    ] {
        hit(&mut top, key);
        let screen = screen(&mut top, 80, 20, false);
        let reversed = |cell: &ratatui::buffer::Cell| cell.modifier.contains(Modifier::REVERSED);
        let cells = screen.buffer().content().iter();
        assert_eq!(cells.filter(|cell| reversed(cell)).count(), 80, "{key:?}");
    }
    assert_eq!(selected(&top), i32::try_from(top.page).expect("few rows"));
}

#[test]
fn threads_are_sorted_by_any_column_and_equal_ones_by_their_ids() {
    let mut top = showing(shop());
    typed(&mut top, "W");
    assert_eq!(tids(&top)[0], 104, "the longest");
    typed(&mut top, "W");
    assert_eq!(tids(&top), [100, 101, 102, 103, 105, 104]);
    typed(&mut top, "G");
    assert_eq!(tids(&top)[..2], [101, 102]);
    typed(&mut top, ">");
    assert_eq!(top.sort.column, super::sort::Column::Cpu);
    let named = |tid, name| thread(tid, name, &[(WaitCause::Sleep, 1.0)]);
    let view = view(vec![process(
        1,
        vec![
            named(1, "w-10"),
            named(2, "w-9"),
            named(3, "A"),
            named(4, "w"),
        ],
    )]);
    top.see(Some(view), None);
    typed(&mut top, "N");
    assert_eq!(tids(&top), [3, 4, 2, 1]);
}

#[test]
fn the_filter_finds_names_places_causes_and_functions_of_the_stack() {
    let found = |text: &str| {
        let mut top = showing(shop());
        typed(&mut top, "/");
        typed(&mut top, text);
        tids(&top)
    };
    assert_eq!(found("WORKER"), [101, 102, 100, 104], "two wait for one");
    assert_eq!(found("db.py"), [103]);
    assert_eq!(found("sleeping"), [105]);
    assert_eq!(found("readinto"), [103]);
    assert_eq!(found("10.0.0.17"), [103]);
    assert_eq!(found("nothing"), [] as [i32; 0]);
}

#[test]
fn escape_closes_then_drops_the_filters_then_quits() {
    let mut top = showing(shop());
    typed(&mut top, "/q");
    hit(&mut top, KeyCode::Backspace);
    typed(&mut top, "sleep");
    hit(&mut top, KeyCode::Enter);
    hit(&mut top, KeyCode::Enter);
    assert!(top.detail);
    assert_eq!(hit(&mut top, KeyCode::Esc), Act::Stay);
    assert!(!top.detail);
    assert_eq!(tids(&top), [105]);
    assert_eq!(hit(&mut top, KeyCode::Esc), Act::Stay);
    assert_eq!(tids(&top).len(), 6);
    assert_eq!(hit(&mut top, KeyCode::Esc), Act::Quit);
}

#[test]
fn idle_threads_are_hidden_and_states_shown_one_after_another() {
    let mut top = showing(shop());
    typed(&mut top, "i");
    assert_eq!(tids(&top), [101, 102, 100, 103]);
    typed(&mut top, "ic");
    assert_eq!(tids(&top), [101]);
    let mut states = Vec::new();
    while let Some(cause) = top.filter.cause {
        states.push(cause.key());
        typed(&mut top, "c");
    }
    assert_eq!(
        states,
        ["python_gil", "gil_wait", "socket", "lock", "sleep"]
    );
    assert_eq!(tids(&top).len(), 6);
}

#[test]
fn threads_that_do_the_same_become_one_row() {
    let worker = |tid: i32| thread(tid, &format!("pool-1_{tid}"), &[(WaitCause::Lock, 1.0)]);
    let mut threads: Vec<_> = (1..30).map(worker).collect();
    threads.push(thread(30, "busy", &[(WaitCause::PythonGil, 1.0)]));
    let mut top = showing(view(vec![process(1, threads)]));
    hit(&mut top, KeyCode::End);
    assert_eq!(selected(&top), 29);
    typed(&mut top, "g");
    assert_eq!(top.rows.len(), 2);
    assert_eq!(top.cursor, 1, "the group that holds the selected thread");
    check(
        &mut top,
        80,
        9,
        &expect![[r#"
        app.py  pid 1  Python 3.13  observed 13s
        |--|lock 97 %-------------------------------------------------------------------
        all threads:  lock 97 %  python 3 %
            TID NAME       STATE       FOR  GIL% CPU%▼ WAITS FOR        WHERE
             30 busy       python     1.5s   100   100                  work.py:10 work
                29× pool   lock       1.5s     ·     ·                  work.py:10 work


        grouped  q quit  ? help  Enter details  / filter  <> sort  i idle  g group
    "#]],
    );
    typed(&mut top, "g");
    assert_eq!(selected(&top), 29);
}

#[test]
fn a_paused_picture_changes_no_more_but_says_when_the_program_ended() {
    let mut top = showing(shop());
    typed(&mut top, "p");
    top.see(Some(view(Vec::new())), None);
    assert_eq!(tids(&top).len(), 6);
    assert!(picture(&mut top, 80, 20).contains("paused"));
    top.see(None, Some(Outcome::Exited(3)));
    assert_eq!(top.life, Life::Ended(Some(Outcome::Exited(3))));
    let shown = picture(&mut top, 80, 20);
    assert!(shown.contains("ended (exit code 3)"), "{shown}");
    assert!(shown.contains("fetcher"), "{shown}");
}

#[test]
fn a_gil_that_nobody_holds_is_held_nothing_of_the_time() {
    let sleeper = thread(1, "w", &[(WaitCause::Sleep, 1.0)]);
    let mut top = showing(view(vec![process(1, vec![sleeper])]));
    assert!(picture(&mut top, 80, 15).contains("GIL held 0 %"));
}

#[test]
fn processes_without_threads_and_without_a_gil_are_shown_as_they_are() {
    let mut first = process(1, vec![thread(1, "w", &[(WaitCause::PythonGil, 1.0)])]);
    first.python = Some(PythonBuild {
        minor: 14,
        free_threaded: true,
        gil: false,
    });
    let mut second = process(2, Vec::new());
    second.command = "ffmpeg -i in.mp4".to_owned();
    second.python = None;
    let mut third = process(3, Vec::new());
    third.refused = Some("it belongs to another user".to_owned());
    third.python = None;
    third.cpu = 0.0;
    let mut fourth = process(4, Vec::new());
    fourth.ended = true;
    let mut top = showing(view(vec![first, second, third, fourth]));
    check(
        &mut top,
        120,
        15,
        &expect![[r#"
            app.py  pid 1  Python 3.14 free-threaded  observed 13s
            CPU 1.94 cores  memory 124 MB  1 thread  3 processes  100 looks/s cost 1.3 % of a core
            No GIL: threads run Python code at the same time
            |python 100 %-----------------------------------------------------------------------------------------------------------
            all threads:  python 100 %
                PID     TID NAME              STATE       FOR CPU%▼ WAITS FOR                    WHERE
                  1       1 w                 python     1.5s   100                              work.py:10 work
                  2         ffmpeg -i in.mp4  -                  97                              not a Python program
                  3         python app.py     -                   ·                              it belongs to another user





            q quit  ? help  Enter details  / filter  <> sort  i idle  g group  c state  p pause                             every 1s
        "#]],
    );
}

#[test]
fn broken_figures_are_drawn_all_the_same() {
    let mut broken = shop();
    broken.at = f64::NAN;
    broken.own_cpu = f64::INFINITY;
    let process = &mut broken.processes[0];
    process.cpu = f64::NAN;
    process.threads[0].since = f64::INFINITY;
    process.threads[1].ledger.lock = f64::NAN;
    process.threads[2].ledger.lock = f64::MAX;
    process.threads[3].frames.clear();
    let mut top = showing(broken);
    hit(&mut top, KeyCode::Enter);
    typed(&mut top, "WGPNrgi");
    picture(&mut top, 100, 30);
}

#[test]
fn refreshing_goes_up_and_down_its_ladder() {
    let mut top = showing(shop());
    typed(&mut top, "-");
    assert_eq!(top.refresh, Duration::from_millis(500));
    typed(&mut top, "-----");
    assert_eq!(top.refresh, Duration::from_millis(100));
    typed(&mut top, "++++++++++++");
    assert_eq!(top.refresh, Duration::from_secs(60));
}

#[test]
fn control_keys_quit_and_suspend_in_every_mode() {
    for mode in ["", "/", "?"] {
        let mut top = showing(shop());
        typed(&mut top, mode);
        let control = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
        assert_eq!(press(&mut top, control('z')), Act::Suspend);
        assert_eq!(press(&mut top, control('c')), Act::Quit);
    }
}

#[test]
fn a_plain_table_has_every_thread() {
    let expected = expect![[r#"
        app.py  pid 100  Python 3.13  observed 13s
        CPU 0.97 cores  memory 41 MB  6 threads  100 looks/s cost 1.3 % of a core
        GIL held 93 %  1 thread waits for it  worker_0 70 %  worker_1 20 %  MainThread 2 %  fetcher 1 %
        |python 12 %--|---|-|GIL 17 %-----------|socket 16 %--------|lock 33 %------------------------------|sleep 17 %---------
        all threads:  lock 33 %  GIL 17 %  sleep 17 %  socket 16 %  python 12 %  native 3 %  cpu queue 2 %

            TID NAME              STATE       FOR  GIL% CPU%▼ WAITS FOR                     WHERE
            101 worker_0          python     1.5s    70    70                               work.py:10 work
            102 worker_1          GIL        1.5s    20    20 held mostly by worker_0 70 %  work.py:10 work
            100 MainThread        lock       1.5s     2     2 the end of worker_0           main.py:88 main
            103 fetcher           socket     1.5s     1     1 receive from 10.0.0.17:5432   db.py:203 Connection.query
            104 処理 [2Jスレッド  lock       2m05     ·     · RLock: worker_1 cache.py:31   work.py:10 work
            105 -                 sleep      1.5s     ·     ·                               work.py:10 work
    "#]];
    expected.assert_eq(&batch::table(&showing(shop()), 120));
}
