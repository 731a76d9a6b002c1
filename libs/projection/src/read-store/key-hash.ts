// The stable hash of document keys, for partitions, parts of a verification and samples. It must never change.

/** 32 bits of FNV-1a over the UTF-16 units (Fowler, Noll, Vo), mixed as in MurmurHash3 (Appleby, public domain). */
export const keyHash = (key: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return mixed(hash);
};

export const mixed = (hash: number): number => {
  let mixing = hash;
  mixing = Math.imul(mixing ^ (mixing >>> 16), 0x85ebca6b);
  mixing = Math.imul(mixing ^ (mixing >>> 13), 0xc2b2ae35);
  return mixing ^ (mixing >>> 16);
};
