/**
 * The bar above GraphiQL: who asks. Adds that person's token to each request, says whose answers the page shows,
 * and remembers the choice. Must never send a token to another origin or keep a pasted token beyond the tab.
 *
 * GraphiQL stores its tabs without their answers, so a reload is what takes one person's answers off every tab
 * before the next person asks.
 */
{
  const byId = (id) => document.getElementById(`rowguard-${id}`);
  const accounts = JSON.parse(byId('accounts').textContent);
  const [as, field, token, copy, whose] = ['as', 'field', 'token', 'copy', 'whose'].map(byId);
  const AS = 'rowguard:as';
  const TOKEN = 'rowguard:token';
  /** GraphiQL stores its tabs half a second after a change. */
  const STORED_MS = 700;

  // This server answers no explain requests, so GraphiQL must not open with that panel.
  if (localStorage.getItem('graphiql:visiblePlugin') === 'Explain') {
    localStorage.removeItem('graphiql:visiblePlugin');
  }
  // GraphiQL opens the tab whose texts it stored last, and an empty tab more if that is none of its tabs.
  const tabs = JSON.parse(localStorage.getItem('graphiql:tabState') ?? 'null');
  const open = tabs?.tabs?.[tabs.activeTabIndex];
  for (const part of open ? ['query', 'variables'] : []) {
    localStorage.setItem(`graphiql:${part}`, open[part] ?? '');
  }

  const remembered = localStorage.getItem(AS);
  if ([...as.options].some(({ value }) => value === remembered)) as.value = remembered;
  // Of this tab of the browser only.
  token.value = sessionStorage.getItem(TOKEN) ?? '';

  const tokenOf = () =>
    as.value === 'pasted' ? token.value.trim() : (accounts[as.value]?.token ?? '');

  /** For the label only. The server verifies the token. */
  const emailOf = (text) => {
    try {
      const claims = JSON.parse(atob(text.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
      return String(claims.email ?? claims.sub ?? 'the pasted token');
    } catch {
      return 'the pasted token';
    }
  };
  const personOf = () => {
    if (!tokenOf()) return 'nobody (no token)';
    return as.value === 'pasted' ? emailOf(tokenOf()) : as.value;
  };
  const show = () => {
    const pasting = as.value === 'pasted';
    field.hidden = !pasting;
    copy.disabled = !tokenOf();
    whose.textContent =
      pasting && !tokenOf()
        ? 'Paste a token of your sign-in service.'
        : `You ask as ${personOf()}.`;
  };

  let answered = false;
  const label = (text) => {
    answered = true;
    document.documentElement.style.setProperty('--rowguard-answer', JSON.stringify(text));
  };
  const forgetAnswers = () => {
    show();
    if (!answered) return;
    document.body.classList.add('rowguard-switching');
    setTimeout(() => location.reload(), STORED_MS);
  };
  as.addEventListener('change', () => {
    localStorage.setItem(AS, as.value);
    forgetAnswers();
    if (!field.hidden) token.focus();
  });
  token.addEventListener('input', () => {
    sessionStorage.setItem(TOKEN, token.value.trim());
    forgetAnswers();
  });
  copy.addEventListener('click', () => navigator.clipboard.writeText(tokenOf()));

  const read = (body) => {
    try {
      return JSON.parse(body);
    } catch {
      return {};
    }
  };
  /**
   * GraphiQL notes the name of a tab's operation late, and after a quick change of the tab notes it for another one.
   * Without a name the server runs the only operation there is, so a name that is not in the document is left out.
   */
  const withoutForeignName = (body) => {
    const { operationName, query = '', ...rest } = read(body);
    if (!operationName || new RegExp(`\\b${operationName}\\b`).test(query)) return body;
    return JSON.stringify({ query, ...rest });
  };
  const send = window.fetch.bind(window);
  window.fetch = (url, init = {}) => {
    const headers = new Headers(init.headers);
    if (read(init.body).operationName === 'IntrospectionQuery') {
      // The documentation needs no token, and an expired one would take it away.
      headers.delete('authorization');
    } else if (headers.has('authorization')) {
      label('Answer for the token in the Headers tab');
    } else {
      if (tokenOf()) headers.set('authorization', `Bearer ${tokenOf()}`);
      label(`Answer for ${personOf()}`);
    }
    return send(url, { ...init, headers, body: withoutForeignName(init.body) });
  };
  show();
}
