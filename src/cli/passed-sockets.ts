/** The first descriptor that is passed: those below it are input, output and errors. */
const firstFd = 3;

/** Listening sockets that were opened for us, as file descriptors; null where there is none. */
export interface PassedSockets {
  readonly visitors: number | null;
  readonly admin: number | null;
}

/**
 * The sockets that systemd, or who speaks its protocol, opened for this process (sd_listen_fds(3)): by the names
 * `visitors` and `admin` (FileDescriptorName=), else in this order. Two gateways that are given the same ones take their
 * connections from one queue, so that either may end and nobody is refused.
 */
export function passedSockets(env: Readonly<Record<string, string | undefined>>, pid: number): PassedSockets {
  const { LISTEN_FDS = '0', LISTEN_PID, LISTEN_FDNAMES = '' } = env;
  const count = LISTEN_PID === String(pid) && /^\d{1,3}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : 0;
  const names = LISTEN_FDNAMES.split(':');
  const isNamed = names.includes('visitors') || names.includes('admin');
  const find = (name: string, place: number): number | null => {
    const at = isNamed ? names.indexOf(name) : place;
    return at >= 0 && at < count ? firstFd + at : null;
  };
  return { visitors: find('visitors', 0), admin: find('admin', 1) };
}
