// Public surface of @mainstem/redis: read models in Redis.
export {};
