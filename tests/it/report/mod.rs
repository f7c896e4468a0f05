//! Pages, and how they look in a browser.

mod page;
mod page_browser;
mod sweep_report;
