// The application's clients of the services outside. They hand over the key by which a receiver knows a repeat.
import { EffectRefused, type Attempt } from '@mainstem/process';

// #region receivers
export class Payments {
  constructor(private readonly url: string) {}

  async charge(charge: object, { idempotencyKey, signal }: Attempt): Promise<{ payment: string }> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    const response = await fetch(`${this.url}/charges`, { method: 'POST', headers, body: JSON.stringify(charge), signal });
    if (response.status === 422) throw new EffectRefused('CARD_DECLINED', 'The card was declined.');
    if (!response.ok) throw new Error(`the payment service answered ${response.status}`);
    return (await response.json()) as { payment: string };
  }
}
// #endregion

export class Mails {
  constructor(private readonly url: string) {}

  async send(mail: object, { idempotencyKey, signal }: Attempt): Promise<void> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    const response = await fetch(`${this.url}/mails`, { method: 'POST', headers, body: JSON.stringify(mail), signal });
    if (response.status === 422) throw new EffectRefused('NO_SUCH_ADDRESS', 'The address does not exist.');
    if (!response.ok) throw new Error(`the mail service answered ${response.status}`);
    await response.arrayBuffer();
  }
}
