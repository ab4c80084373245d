/** How lines for people tell a number of items. */
export function itemsText(items: number): string {
  return items === 1 ? '1 item' : `${items} items`;
}
