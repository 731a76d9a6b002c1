// An address as a message may show it.

/**
 * A value that was meant to be a URL, fit for a message: scheme and hosts. What stands before the last @ may be a password, and so may all of a
 * value that looks like no address.
 */
export const withoutCredentials = (value: string): string => {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(value) ?? [];
  const at = rest.lastIndexOf('@');
  const query = rest.indexOf('?');
  const hosts = rest.slice(at + 1).replace(/[/?#].*$/s, '');
  const isShown = HOSTS.test(hosts) && (scheme !== '' || at >= 0) && !(query >= 0 && query < at);
  return `${scheme}${at < 0 ? '' : '…@'}${isShown ? hosts : '…'}`;
};

const HOSTS = /^[A-Za-z0-9._-]*(?::\d{0,5})?(?:,[A-Za-z0-9._-]+(?::\d{0,5})?)*$/;
