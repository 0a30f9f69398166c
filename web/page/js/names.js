// Room names.

/** The rules for room names, as the gateway has them. */
export function validRoom(name) {
  const bad = /[/\\?#%\u0000-\u001f\u007f-\u009f]/;
  return name !== '' && name !== '.' && name !== '..' && new TextEncoder().encode(name).length <= 64 && !bad.test(name);
}
