/** Whether other gateways work on the same sessions: what they change under their turns is no conflict. */
export interface Presence {
  /** Whether it is certain that no other gateway was there from that moment (since 1970) until now. Never rejects. */
  aloneSince(epochMs: number): Promise<boolean>;
  close(): Promise<void>;
}
