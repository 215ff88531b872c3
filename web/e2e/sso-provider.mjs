// A real provider of OpenID Connect on this machine: node sso-provider.mjs PORT REDIRECT_URI. Whoever signs in there is
// who he says he is.
import Provider from 'oidc-provider';

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'zunke',
      client_secret: 'a secret with signs: +%/=',
      redirect_uris: [redirect],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
  pkce: { required: () => true },
  cookies: { keys: ['a key of a test'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `同事 ${id}`, preferred_username: id, email: `${id}@shop.example` }),
  }),
});

provider.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
