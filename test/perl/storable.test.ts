import t from 'tap';
import { codecContract } from '../contract/codec.ts';
import { formatCalled } from '../contract/codec-formats.ts';

for (const name of ['storable', 'storable-native', 'storable-base64', 'storable-uuencode'])
  codecContract(t, formatCalled(name));
