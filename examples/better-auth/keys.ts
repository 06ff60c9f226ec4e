/**
 * Signing keys after a change of the secret. Takes the server, deletes the keys that its secret cannot
 * decrypt, returns how many. Without this every request for a token fails with status 500. The next
 * token gets a new key; tokens of a deleted key are refused, and their pages ask for new ones.
 */
import { symmetricDecrypt } from 'better-auth/crypto';
import type { Auth } from './auth.ts';

export async function deleteUnreadableKeys(auth: Auth): Promise<number> {
  const { adapter, secretConfig } = await auth.$context;
  const keys = await adapter.findMany<{ id: string; privateKey: string }>({ model: 'jwks' });
  let deleted = 0;
  for (const { id, privateKey } of keys) {
    try {
      await symmetricDecrypt({ key: secretConfig, data: JSON.parse(privateKey) });
    } catch {
      await adapter.delete({ model: 'jwks', where: [{ field: 'id', value: id }] });
      deleted++;
    }
  }
  return deleted;
}
