//! The terminal as a screen of our own: taken, given back however we end, and the loop in between.

use super::draw::draw;
use super::keys::{Act, press};
use super::signals::{Asked, Signals};
use super::state::{Life, Top};
use super::style::Palette;
use super::views::Views;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, disable_raw_mode, enable_raw_mode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::SIGHUP;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

/// How long a signal may wait: they only set a mark, which nothing wakes us for.
const PATIENCE: Duration = Duration::from_millis(100);

/// The screen. Dropping it gives the terminal back; so does a panic, by ratatui's hook.
struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    fn take() -> io::Result<Self> {
        let terminal = ratatui::try_init().inspect_err(|_| ratatui::restore())?;
        Ok(Self { terminal })
    }

    /// Gives it back for a while.
    fn lend(&mut self) -> io::Result<()> {
        self.terminal.show_cursor()?;
        ratatui::try_restore()
    }

    /// Takes it again, whatever was done to it meanwhile.
    fn retake(&mut self) -> io::Result<()> {
        // crossterm remembers that it is in raw mode, even if a shell has left it since.
        disable_raw_mode()?;
        enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen)?;
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Shows `views` until the person or a signal ends it; returns that signal.
pub(super) fn show(
    views: &mut dyn Views,
    top: &mut Top,
    look: Palette,
    signals: &Signals,
) -> io::Result<Option<i32>> {
    let mut screen = Screen::take()?;
    let mut next = Instant::now();
    loop {
        if top.life == Life::Runs && Instant::now() >= next {
            let view = views.view();
            top.see(view, views.outcome());
            next = Instant::now() + top.refresh;
        }
        screen.terminal.draw(|frame| draw(frame, top, look))?;
        match wait(top, next, signals)? {
            Next::Picture => {}
            Next::End(signal) => return Ok(signal),
            Next::Suspend => {
                screen.lend()?;
                signals.stop();
                screen.retake()?;
            }
            Next::Redraw => screen.retake()?,
        }
    }
}

/// What to do after waiting.
enum Next {
    Picture,
    End(Option<i32>),
    Suspend,
    Redraw,
}

/// Waits for `due` or for anything that changes the picture.
fn wait(top: &mut Top, due: Instant, signals: &Signals) -> io::Result<Next> {
    loop {
        match signals.asked() {
            Some(Asked::End(signal)) => return Ok(Next::End(Some(signal))),
            Some(Asked::Suspend) => return Ok(Next::Suspend),
            Some(Asked::Continued) => return Ok(Next::Redraw),
            None => {}
        }
        let left = due.saturating_duration_since(Instant::now());
        let over = top.life != Life::Runs;
        if left.is_zero() && !over {
            return Ok(Next::Picture);
        }
        let patience = if over { PATIENCE } else { left.min(PATIENCE) };
        match input(patience)? {
            Input::Nothing => continue,
            Input::Gone => return Ok(Next::End(Some(SIGHUP))),
            Input::Something => {}
        }
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                return Ok(match press(top, key) {
                    Act::Stay => Next::Picture,
                    Act::Quit => Next::End(None),
                    Act::Suspend => Next::Suspend,
                    Act::Redraw => Next::Redraw,
                });
            }
            Event::Resize(..) => return Ok(Next::Picture),
            _ => {}
        }
    }
}

/// What comes from the terminal.
enum Input {
    Nothing,
    Something,
    /// There is no terminal any more.
    Gone,
}

/// Waits for input. Not by crossterm alone: it reads on and on from a terminal that has gone.
fn input(patience: Duration) -> io::Result<Input> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        // It reads from /dev/tty then, and nobody else knows its descriptor.
        return Ok(if event::poll(patience)? {
            Input::Something
        } else {
            Input::Nothing
        });
    }
    let ready = |patience: Duration| {
        let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
        let patience = Timespec::try_from(patience).ok();
        // A signal is looked for first thing in the next round.
        let _ = poll(&mut ready, patience.as_ref());
        ready[0].revents()
    };
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    if ready(Duration::ZERO).intersects(gone) {
        return Ok(Input::Gone);
    }
    // What it has read already does not show on the descriptor.
    if event::poll(Duration::ZERO)? {
        return Ok(Input::Something);
    }
    let seen = ready(patience);
    if seen.intersects(gone) {
        Ok(Input::Gone)
    } else if seen.contains(PollFlags::IN) && event::poll(Duration::ZERO)? {
        Ok(Input::Something)
    } else {
        Ok(Input::Nothing)
    }
}
