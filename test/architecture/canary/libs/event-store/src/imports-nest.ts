// Breaks the allow-list: only the Nest library knows Nest.
export { Module } from '@nestjs/common';
