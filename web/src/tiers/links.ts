/** Addresses of the rows behind a number. The customers page keeps its filters in its URL under these names. */
export const customersOf = (filter: Record<string, string | number | undefined>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const tail = search.toString();
  return tail ? `/customers?${tail}` : '/customers';
};

export const customer = (id: string): string => `/customers/${id}`;
export const tiers = (tab?: string): string => (tab ? `/tiers/${tab}` : '/tiers');
