import type { Test } from 'tap';
import { installBaskets, startBasketGateway } from '../../scripts/shop/baskets.ts';
import type { GatewayProcess } from '../../scripts/shop/gateway.ts';
import type { Shop } from '../../scripts/shop/shop.ts';
import { useShop } from './shop.ts';

/** The shop, with the baskets of each kind of session in it, until the test ends. */
export async function useBaskets(t: Test): Promise<Shop> {
  const shop = await useShop(t);
  const baskets = await installBaskets(shop);
  t.teardown(baskets.remove);
  return shop;
}

/** A gateway in front of the baskets that runs `file`, until the test ends. */
export async function useBasketGateway(t: Test, shop: Shop, file: string): Promise<GatewayProcess> {
  const gateway = await startBasketGateway(shop, file);
  t.teardown(() => gateway.stop('SIGKILL'));
  return gateway;
}
