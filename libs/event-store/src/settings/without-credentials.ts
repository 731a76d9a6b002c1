// An address as a message may show it.

/**
 * A value that should be a URL, fit for a message: scheme and hosts. Text before the last @ may be a password; so may
 * all of a value that is no address.
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
