/* Stands before the page's own script: hears what goes wrong. */
window.heard = [];
addEventListener('error', (event) => heard.push(`error: ${event.message}`));
addEventListener('unhandledrejection', (event) => heard.push(`rejected: ${event.reason}`));
addEventListener('securitypolicyviolation', (event) => heard.push(`asked: ${event.blockedURI}`));
for (const kind of ['error', 'warn']) {
  console[kind] = (...words) => heard.push(`${kind}: ${words.join(' ')}`);
}
