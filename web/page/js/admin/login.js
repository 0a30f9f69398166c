// Before somebody is in: the first start, the sign-in, and a gateway that does not answer.

import { post, setSession, useToken } from './api.js';
import { changeLanguage } from '../chrome.js';
import { button, el, field, form, icon, note } from './ui.js';
import { language, w, words } from './words.js';

words({
  vi: {
    'login.title': 'Đăng nhập quản trị', 'login.name': 'Tên đăng nhập', 'login.password': 'Mật khẩu', 'login.go': 'Đăng nhập', 'login.oidc': 'Đăng nhập bằng {label}',
    'login.wrong': 'Tên hoặc mật khẩu không đúng.', 'login.locked': 'Sai quá nhiều lần. Thử lại sau {seconds} giây.', 'login.lockedlong': 'Sai quá nhiều lần. Thử lại sau {minutes} phút.',
    'login.token': 'Mã quản trị', 'login.token.hint': 'Là giá trị admin.token trong cấu hình của cổng, hoặc mã của một chương trình. Mã chỉ được giữ trong cửa sổ này.',
    'login.token.instead': 'Dùng mã quản trị', 'login.token.wrong': 'Mã không đúng.', 'login.password.instead': 'Dùng tên và mật khẩu',
    'login.local': 'Chưa đặt mã quản trị, nên trang này chỉ dùng được trong trình duyệt trên chính máy chạy cổng (localhost). Hãy đặt admin.token trong cấu hình để dùng từ máy này.',
    'login.out': 'Phiên đã kết thúc. Hãy đăng nhập lại.', 'login.waiting': 'Đang nối với cổng…', 'login.meeting': 'Về trang vào phòng họp',
    'setup.title': 'Bắt đầu với Roombridge', 'setup.lead': 'Đặt mật khẩu cho tài khoản quản trị đầu tiên, tên là admin. Sau đó có thể thêm người khác.',
    'setup.password': 'Mật khẩu mới', 'setup.password.hint': 'Ít nhất 10 ký tự. Một câu ngắn dễ nhớ là tốt nhất.', 'setup.again': 'Nhập lại mật khẩu', 'setup.differs': 'Hai lần nhập không giống nhau.',
    'setup.code': 'Mã lần đầu', 'setup.code.hint': 'Cổng ghi mã này vào nhật ký khi khởi động. Trên chính máy chạy cổng thì không cần.', 'setup.go': 'Đặt mật khẩu và vào',
  },
  en: {
    'login.title': 'Sign in to administration', 'login.name': 'Name', 'login.password': 'Password', 'login.go': 'Sign in', 'login.oidc': 'Sign in with {label}',
    'login.wrong': 'Name or password is not right.', 'login.locked': 'Too many wrong tries. Try again in {seconds} seconds.', 'login.lockedlong': 'Too many wrong tries. Try again in {minutes} minutes.',
    'login.token': 'Administration token', 'login.token.hint': 'The value of admin.token in the gateway’s configuration, or a program’s token. It stays in this window only.',
    'login.token.instead': 'Use an administration token', 'login.token.wrong': 'The token is not right.', 'login.password.instead': 'Use name and password',
    'login.local': 'No administration token is configured, so this page works only in a browser on the gateway’s own machine (localhost). Set admin.token in the configuration to use it from here.',
    'login.out': 'Your session has ended. Please sign in again.', 'login.waiting': 'Connecting to the gateway…', 'login.meeting': 'To the meeting page',
    'setup.title': 'Welcome to Roombridge', 'setup.lead': 'Choose the password of the first administrator, whose name is admin. Others can be added later.',
    'setup.password': 'New password', 'setup.password.hint': 'At least 10 characters. A short sentence that you remember is best.', 'setup.again': 'The same again', 'setup.differs': 'The two are not the same.',
    'setup.code': 'First-start code', 'setup.code.hint': 'The gateway writes it to its log when it starts. On the gateway’s own machine it is not needed.', 'setup.go': 'Set the password and enter',
  },
});

let known = false; // somebody was in since the page was opened

/** Shows what s (the session as far as it is known) asks for; done is called when somebody is in. */
export function enter(s, done) {
  const show = (which = first(s)) => {
    const again = () => enter(s, done);
    const body = { setup: () => setup(s, finish, show), password: () => password(s, finish, show), token: () => byToken(s, finish, show), local: () => [note('warn', w('login.local'))] }[which]();
    door(which, w(which === 'setup' ? 'setup.title' : 'login.title'), body, again);
  };
  const finish = () => {
    known = true;
    done();
  };
  show();
}

function first(s) {
  if (s.local) return 'local';
  if (s.setup) return 'setup';
  return s.none || s.wrong ? 'token' : 'password';
}

/** Nothing can be done but wait. */
export function waiting() {
  door('waiting', 'Roombridge', [el('p.quiet', { role: 'status', text: w('login.waiting') })], waiting);
}

function door(which, title, body, again) {
  const lang = el('div.switch', { role: 'group', 'aria-label': w('language') }, [['vi', 'Tiếng Việt'], ['en', 'English']].map(([code, name]) =>
    el('button', { type: 'button', lang: code, 'aria-label': `${code.toUpperCase()}, ${name}`, 'aria-pressed': String(code === language()), text: code.toUpperCase(), onclick: () => {
      changeLanguage(code);
      again();
    } })));
  document.title = `${title} – Roombridge`;
  document.body.replaceChildren(el('main.door', { data: { door: which } },
    el('div.card', {}, el('header', {}, el('span.brand', { text: 'Roombridge' }), lang), el('h1', { text: title }), body),
    el('p.quiet', {}, el('a', { href: '/' }, w('login.meeting')))));
  document.querySelector('.door input')?.focus();
}

function password(s, done, show) {
  const name = field('name', w('login.name'), { required: true, autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', maxlength: 128 });
  const secret = field('password', w('login.password'), { type: 'password', required: true, autocomplete: 'current-password', maxlength: 1024 });
  const ask = form([name, secret], { text: w('login.go'), hook: 'signin', submit: async (v) => {
    try {
      setSession(await post('/session', v, { quiet: true }));
    } catch (problem) {
      secret.value = '';
      throw told(problem);
    }
    done();
  } });
  return [
    known && note('info', w('login.out')), ask,
    s.oidc?.enabled && el('a.button', { href: '/api/v1/session/oidc', data: { act: 'oidc' } }, icon('open'), w('login.oidc', { label: s.oidc.label || 'OpenID' })),
    tokenPossible() && button(w('login.token.instead'), () => show('token'), { kind: 'plain', sign: 'tokens', act: 'use-token' }),
  ].filter(Boolean);
}

function tokenPossible() {
  return 'token' in document.body.dataset;
}

/** The words of a sign-in that failed. */
function told(problem) {
  const say = (text) => Object.assign(problem, { detail: text, errors: [] });
  if (problem.status === 401) return say(w('login.wrong'));
  if (problem.status !== 429) return problem;
  const seconds = problem.retryAfter || 60;
  return say(seconds > 120 ? w('login.lockedlong', { minutes: Math.ceil(seconds / 60) }) : w('login.locked', { seconds }));
}

function byToken(s, done, show) {
  const input = field('token', w('login.token'), { type: 'password', required: true, autocomplete: 'current-password' }, { hint: w('login.token.hint') });
  const ask = form([input], { text: w('login.go'), hook: 'token', submit: (v) => {
    // RFC 6750: a token is of ASCII letters; others cannot be sent.
    if (/[^\x21-\x7e]/.test(v.token)) return input.error(w('login.token.wrong'));
    useToken(v.token);
    done();
  } });
  if (s.wrong) input.error(w('login.token.wrong'));
  return [ask, !s.none && button(w('login.password.instead'), () => show(s.setup ? 'setup' : 'password'), { kind: 'plain' })].filter(Boolean);
}

function setup(s, done, show) {
  const secret = field('password', w('setup.password'), { type: 'password', required: true, minlength: 10, maxlength: 1024, autocomplete: 'new-password' }, { hint: w('setup.password.hint') });
  const again = field('again', w('setup.again'), { type: 'password', required: true, autocomplete: 'new-password' });
  const code = field('code', w('setup.code'), { required: true, spellcheck: 'false', autocapitalize: 'none' }, { hint: w('setup.code.hint') });
  const ask = form([secret, again, (s.code ?? !own()) && code].filter(Boolean), { text: w('setup.go'), hook: 'setup', submit: async (v) => {
    if (v.password !== v.again) return again.error(w('setup.differs'));
    setSession(await post('/setup', { password: v.password, language: language(), ...(v.code && { code: v.code.trim() }) }, { quiet: true }));
    done();
  } });
  return [el('p.lead', { text: w('setup.lead') }), ask, tokenPossible() && button(w('login.token.instead'), () => show('token'), { kind: 'plain', sign: 'tokens', act: 'use-token' })].filter(Boolean);
}
