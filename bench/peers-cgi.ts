import { cpSync, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeTcpPort, giveToServers, startServer, untilUp } from '../scripts/shop/process.ts';
import { makeHome, startNginxWith, startPeer, type Peer } from './peers.ts';
import { needFcgiwrap, needModPerl, underTest } from './tools.ts';

/** What the peers are to run. */
export interface Scripts {
  readonly scratch: string;
  /** Where cgi-bin and lib are. */
  readonly root: string;
  /** The shop's configuration file, which scripts are told of as SHOP_CONF. */
  readonly conf: string;
}

/** What nginx tells a script, as Debian's fastcgi_params has it. */
const params = `
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_param SCRIPT_NAME $fastcgi_script_name;
    fastcgi_param REQUEST_URI $request_uri;
    fastcgi_param DOCUMENT_ROOT $document_root;
    fastcgi_param QUERY_STRING $query_string;
    fastcgi_param REQUEST_METHOD $request_method;
    fastcgi_param CONTENT_TYPE $content_type;
    fastcgi_param CONTENT_LENGTH $content_length;
    fastcgi_param GATEWAY_INTERFACE CGI/1.1;
    fastcgi_param SERVER_PROTOCOL $server_protocol;
    fastcgi_param SERVER_SOFTWARE nginx;
    fastcgi_param SERVER_NAME localhost;
    fastcgi_param SERVER_ADDR $server_addr;
    fastcgi_param SERVER_PORT $server_port;
    fastcgi_param REMOTE_ADDR $remote_addr;
    fastcgi_param REMOTE_PORT $remote_port;`;

/** nginx, and fcgiwrap with so many processes: a perl for each request, as with mod_cgid. */
export async function startFcgiwrap(scripts: Scripts, processes: number): Promise<Peer> {
  const { scratch, root, conf } = scripts;
  const home = makeHome(scratch, 'fcgiwrap');
  giveToServers(home);
  const socket = join(home, 'socket');
  const { program, env } = needFcgiwrap();
  const logFile = join(scratch, 'fcgiwrap.out');
  const command = underTest([program, '-c', String(processes), '-s', `unix:${socket}`]);
  const wrap = startServer(command, { logFile, env: { ...env }, deathSignal: 'TERM' });
  await untilUp('fcgiwrap', wrap, logFile, () => Promise.resolve(existsSync(socket)));
  const nginx = await startNginxWith(scratch, {
    aside: false,
    http: '',
    server:
      `root ${root};\n    location /cgi-bin/ {\n    fastcgi_pass unix:${socket};${params}` +
      `\n    fastcgi_param SHOP_CONF ${conf};\n    }`,
    path: '/cgi-bin/hello.pl',
  });
  return {
    ...nginx,
    stop: async () => {
      await nginx.stop();
      await wrap.stop();
    },
  };
}

/** Apache with mod_perl's Registry: each script is compiled once in each of its processes, and called from then on. */
export async function startModPerl(scripts: Scripts, processes: number): Promise<Peer> {
  const home = makeHome(scripts.scratch, 'mod-perl');
  const tcpPort = await freeTcpPort();
  cpSync(scripts.root, join(home, 'site'), { recursive: true });
  endsWithRequest(join(home, 'site/lib/Shop.pm'));
  const { program, home: unpacked, env } = needModPerl();
  const ours = unpacked === null ? [] : globSync(join(unpacked, 'usr/lib/*/perl5/*'));
  writeFileSync(
    join(home, 'httpd.conf'),
    modPerlConfig(home, scripts.conf, tcpPort, program, ours, processes),
  );
  giveToServers(home);
  const command = underTest(['/usr/sbin/apache2', '-f', join(home, 'httpd.conf'), '-DFOREGROUND']);
  const path = '/cgi-bin/hello.pl';
  return startPeer('mod_perl', scripts.scratch, command, {
    tcpPort,
    path,
    env: { ...env },
    deathSignal: 'TERM',
  });
}

/**
 * END blocks of modules run when a process of Apache ends, not when a request does: every visitor would have the
 * session of the first. What the shop does at the end of the program becomes a function for PerlCleanupHandler.
 */
function endsWithRequest(file: string): void {
  const text = readFileSync(file, 'latin1');
  const changed = text.replace(
    /^END \{$([\s\S]*?)^\}$/m,
    'sub end_of_request {$1    undef $q;\n    return 0;\n}',
  );
  if (changed === text) throw new Error('Shop.pm has no END block any more');
  writeFileSync(file, changed, 'latin1');
}

function modPerlConfig(
  home: string,
  conf: string,
  tcpPort: number,
  module: string,
  libraries: readonly string[],
  processes: number,
): string {
  const modules = ['mpm_prefork', 'authz_core', 'alias', 'mime'];
  const site = join(home, 'site');
  return `
ServerRoot "${home}"
DefaultRuntimeDir "${home}"
PidFile "${home}/httpd.pid"
ServerName localhost
Listen 127.0.0.1:${tcpPort}
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
LoadModule perl_module ${module}
TypesConfig /etc/mime.types
StartServers ${processes}
MinSpareServers ${processes}
MaxSpareServers ${processes}
MaxRequestWorkers ${processes}
MaxConnectionsPerChild 0
KeepAlive On
KeepAliveTimeout 5
MaxKeepAliveRequests 0
HostnameLookups Off
ErrorLog "${home}/error.log"
LogLevel warn

PerlSwitches ${[...libraries, join(site, 'lib')].map((folder) => `-I${folder}`).join(' ')}
PerlModule ModPerl::Registry
PerlModule Shop
PerlSetEnv SHOP_CONF ${conf}
Alias /cgi-bin/ "${site}/cgi-bin/"
<Directory "${site}/cgi-bin">
    Require all granted
    Options +ExecCGI
    SetHandler perl-script
    PerlResponseHandler ModPerl::Registry
    PerlCleanupHandler Shop::end_of_request
    PerlOptions +ParseHeaders
</Directory>
`;
}
