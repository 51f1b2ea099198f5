import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';

/** Closes texts for who has the same password, and opens them. */
export interface Seal {
  close(text: string): string;
  /** Null where it was closed with another password, or is no closed text. */
  open(closed: string): string | null;
}

const cipherName = 'aes-256-gcm';
const [nonceBytes, tagBytes] = [12, 16];

/** A seal made of a password. The key takes a moment to derive, once, when it is first needed. */
export function sealOf(password: string, purpose: string): Seal {
  let derived: Buffer | null = null;
  const key = (): Buffer => (derived ??= scryptSync(password, `banyan ${purpose}`, 32));
  return {
    close: (text) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(cipherName, key(), nonce);
      const inside = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), inside]).toString('base64');
    },
    open: (closed) => {
      const bytes = Buffer.from(closed, 'base64');
      try {
        const decipher = createDecipheriv(cipherName, key(), bytes.subarray(0, nonceBytes));
        decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
        const inside = bytes.subarray(nonceBytes + tagBytes);
        return Buffer.concat([decipher.update(inside), decipher.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
  };
}
